//! 「受付票」 The receipt as PDF: tagged (PDF/UA-1), with the glyphs that it needs and no others. Invariant: nothing is cut off:
//! what does not fit into a line goes on in the next, what does not fit on a page on the next, and a character that the font
//! has not is told by its code point.

mod draw;
mod font;
mod lines;

use app::{
    pdf::{Facts, Receipt},
    text::Locale,
};

pub use font::{NoFont, PdfFont};

/// Why a receipt was not made.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The font's file is gone.
    #[error("the font of the PDF cannot be read any more")]
    NoFont,
    /// The library or its rules for accessible documents refused it.
    #[error("the PDF was refused: {0}")]
    Refused(String),
}

/// Makes a receipt, in the reader's language if the font can write it, else in English. It takes a whole processor for a
/// moment: not for a thread that answers requests.
///
/// # Errors
/// See [`PdfError`].
pub fn make(font: &PdfFont, locale: Locale, facts: &Facts<'_>) -> Result<Vec<u8>, PdfError> {
    let face = font.read().ok_or(PdfError::NoFont)?;
    let pen = face.pen().ok_or(PdfError::NoFont)?;
    let mut receipt = Receipt::new(locale, facts);
    if !receipt.own_sentences().all(|sentence| pen.can_write(sentence)) {
        receipt = Receipt::new(Locale::En, facts);
    }
    draw::draw(&face, &pen, &receipt).map_err(PdfError::Refused)
}

impl PdfFont {
    /// Waits for its turn, so that not many papers are made at once.
    ///
    /// # Panics
    /// Never: the turns are not closed.
    pub async fn turn(&self) -> tokio::sync::SemaphorePermit<'_> {
        self.turns.acquire().await.expect("nobody closes it")
    }
}

#[cfg(test)]
mod tests;
