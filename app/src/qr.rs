//! 「QRコード」 An address as a QR code, for the page and for the PDF. Invariant: both draw the same modules, with the quiet zone
//! that readers need around them.

use leptos::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

/// So many empty modules stand around a code (ISO/IEC 18004).
pub const QUIET: i32 = 4;

/// A code.
pub struct Code(QrCode);

impl Code {
    /// The code of an address; none where it is longer than a code can hold.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        // Medium: a fold in the paper or a scratch on the screen may hide a seventh of it.
        QrCode::encode_text(address, QrCodeEcc::Medium).ok().map(Self)
    }

    /// How many modules a side has, with the quiet zone.
    #[must_use]
    pub fn side(&self) -> i32 {
        self.0.size() + 2 * QUIET
    }

    /// The dark runs of each line: place from the left, line, length; counted with the quiet zone.
    #[must_use]
    pub fn runs(&self) -> Vec<(i32, i32, i32)> {
        let size = self.0.size();
        let mut runs = Vec::new();
        for line in 0..size {
            let mut from = 0;
            while from < size {
                let length = (from..size).take_while(|place| self.0.get_module(*place, line)).count() as i32;
                if length > 0 {
                    runs.push((from + QUIET, line + QUIET, length));
                }
                from += length.max(1);
            }
        }
        runs
    }

    /// The code as a picture that is read out as `name`. Dark on light also where the page is dark: readers expect it.
    #[must_use]
    pub fn svg(&self, name: String) -> AnyView {
        let side = self.side();
        let path: String =
            self.runs().iter().map(|(place, line, length)| format!("M{place} {line}h{length}v1h-{length}z")).collect();
        view! {
            <svg class="qr" role="img" aria-label=name viewBox=format!("0 0 {side} {side}") shape-rendering="crispEdges">
                <path fill="#fff" d=format!("M0 0h{side}v{side}H0z")></path>
                <path fill="#000" d=path></path>
            </svg>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn the_runs_are_the_dark_modules_and_leave_the_quiet_zone_empty() {
        let code = Code::of("https://madoguchi.example.jp/cases/0123-4567-89").unwrap();
        let dark: i32 = code.runs().iter().map(|(_, _, length)| length).sum();
        let size = code.0.size();
        let modules = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
        assert_eq!(dark, modules.filter(|(x, y)| code.0.get_module(*x, *y)).count() as i32);
        for (place, line, length) in code.runs() {
            assert!(
                place >= QUIET && line >= QUIET && place + length <= code.side() - QUIET && line < code.side() - QUIET
            );
        }
    }

    #[test]
    fn what_no_code_can_hold_has_none() {
        assert!(Code::of(&"a".repeat(5_000)).is_none());
    }
}
