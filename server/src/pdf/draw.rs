//! Where everything stands on the paper. Invariant: first all lines get their places, then they are drawn page by page; every
//! line belongs to one element of the structure, in the order in which it is read.

use std::num::NonZeroU16;

use app::{pdf::Receipt, qr};
use krilla::{
    Document, SerializeSettings,
    action::{Action, LinkAction},
    annotation::{Annotation, LinkAnnotation, Target},
    color::rgb,
    configure::{Accessibility, ConfigurationBuilder},
    destination::XyzDestination,
    geom::{PathBuilder, Point, Rect},
    metadata::Metadata,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    paint::{Fill, Stroke},
    surface::Surface,
    tagging::{Artifact, ArtifactType, BBox, ContentTag, Identifier, ListNumbering, SpanTag, Tag, TagGroup, TagTree},
};

use super::{
    font::{Face, Pen},
    lines::break_lines,
};

/// A4, in points.
const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const MARGIN: f32 = 64.0;
const INNER: f32 = WIDTH - 2.0 * MARGIN;
const LINE: f32 = 1.6;

const TEXT: f32 = 11.0;
const SMALL: f32 = 9.5;
const HEADING: f32 = 14.0;
const TITLE: f32 = 24.0;
const NUMBER: f32 = 36.0;
const LABELS: f32 = 120.0;
const CODE: f32 = 110.0;

/// How dark the ink is.
#[derive(Clone, Copy)]
enum Ink {
    Full,
    Soft,
}

impl Ink {
    fn color(self) -> rgb::Color {
        let lightness = match self {
            Self::Full => 26,
            Self::Soft => 89,
        };
        rgb::Color::new(lightness, lightness, lightness)
    }
}

/// What is drawn at a place.
struct Mark {
    page: usize,
    x: f32,
    /// The foot of the letters, or the top of the code.
    y: f32,
    what: What,
}

enum What {
    Line { text: String, size: f32, ink: Ink },
    Code(qr::Code),
}

/// An element of the structure: its own marks, by their places in the list, and the elements in it.
struct Element {
    tag: krilla::tagging::TagKind,
    marks: Vec<usize>,
    inside: Vec<Element>,
    /// The address that its marks lead to.
    link: Option<(String, Rect, usize)>,
}

impl Element {
    fn of(tag: impl Into<krilla::tagging::TagKind>, marks: Vec<usize>) -> Self {
        Self { tag: tag.into(), marks, inside: Vec::new(), link: None }
    }

    fn around(tag: impl Into<krilla::tagging::TagKind>, inside: Vec<Self>) -> Self {
        Self { tag: tag.into(), marks: Vec::new(), inside, link: None }
    }
}

/// The lines so far, and where the next one goes.
struct Sheet<'a> {
    pen: &'a Pen<'a>,
    marks: Vec<Mark>,
    page: usize,
    y: f32,
}

impl Sheet<'_> {
    /// The lines of a text below each other; the place of each in the list.
    fn write(&mut self, text: &str, x: f32, widest: f32, size: f32, ink: Ink) -> Vec<usize> {
        let text = self.pen.writable(text);
        let width = |part: &str| self.pen.width(part) * size;
        let lines: Vec<String> = break_lines(&text, widest, &width).into_iter().map(str::to_owned).collect();
        let mut places = Vec::with_capacity(lines.len());
        for line in lines {
            self.room_for(size * LINE);
            self.y += size * LINE;
            places.push(self.marks.len());
            let y = self.y - size * (LINE - 1.0) / 2.0 - size * 0.12;
            self.marks.push(Mark { page: self.page, x, y, what: What::Line { text: line, size, ink } });
        }
        places
    }

    fn room_for(&mut self, height: f32) {
        if self.y + height > HEIGHT - MARGIN {
            self.page += 1;
            self.y = MARGIN;
        }
    }

    fn gap(&mut self, height: f32) {
        self.y += height;
    }

    /// What it is and what it says, side by side.
    fn labelled(&mut self, label: &str, text: &str, labels: f32, language: Option<&str>) -> Element {
        self.room_for(TEXT * LINE);
        let top = (self.page, self.y);
        let lead = self.write(label, MARGIN, labels - 8.0, TEXT, Ink::Soft);
        let after_label = (self.page, self.y);
        (self.page, self.y) = top;
        let body = self.write(text, MARGIN + labels, INNER - labels, TEXT, Ink::Full);
        if after_label > (self.page, self.y) {
            (self.page, self.y) = after_label;
        }
        self.gap(4.0);
        let body = Element::of(Tag::LBody.with_lang(language.map(str::to_owned)), body);
        Element::around(Tag::LI, vec![Element::of(Tag::Lbl, lead), body])
    }
}

/// The places of everything, and the structure.
fn lay_out<'a>(pen: &'a Pen<'a>, receipt: &Receipt) -> (Sheet<'a>, Vec<Element>, Option<Rect>) {
    let mut sheet = Sheet { pen, marks: Vec::new(), page: 0, y: MARGIN };
    let heading =
        |level: u16, text: &str| Tag::Hn(NonZeroU16::new(level).unwrap_or(NonZeroU16::MIN), Some(text.to_owned()));
    let mut all = Vec::new();
    let title = sheet.write(&receipt.title, MARGIN, INNER, TITLE, Ink::Full);
    all.push(Element::of(heading(1, &receipt.title), title));
    sheet.gap(20.0);

    let top = sheet.y;
    sheet.gap(14.0);
    let inside = MARGIN + 18.0;
    let label = sheet.write(&receipt.number_label, inside, INNER - 36.0, SMALL, Ink::Soft);
    all.push(Element::of(Tag::P, label));
    let number = sheet.write(&receipt.number, inside, INNER - 36.0, NUMBER, Ink::Full);
    all.push(Element::of(Tag::P, number));
    let spelled = sheet.write(&receipt.spelled, inside, INNER - 36.0, TEXT, Ink::Full);
    all.push(Element::of(Tag::P, spelled));
    sheet.gap(14.0);
    let frame = Rect::from_ltrb(MARGIN, top, WIDTH - MARGIN, sheet.y);
    sheet.gap(24.0);

    let facts = receipt.lines.iter().map(|line| {
        let language = (line.is_foreign && receipt.lang != "ja").then_some("ja");
        sheet.labelled(&line.label, &line.text, LABELS, language)
    });
    all.push(Element::around(Tag::L(ListNumbering::None), facts.collect()));
    sheet.gap(18.0);

    let next = sheet.write(&receipt.next, MARGIN, INNER, HEADING, Ink::Full);
    all.push(Element::of(heading(2, &receipt.next), next));
    sheet.gap(4.0);
    let steps = (1..).zip(&receipt.steps).map(|(place, step)| sheet.labelled(&format!("{place}."), step, 24.0, None));
    all.push(Element::around(Tag::L(ListNumbering::Decimal), steps.collect()));
    sheet.gap(18.0);
    all.extend(way_on(&mut sheet, receipt));
    sheet.gap(18.0);
    let foot = sheet.write(&receipt.foot, MARGIN, INNER, SMALL, Ink::Soft);
    all.push(Element::of(Tag::P, foot));
    (sheet, all, frame)
}

/// The code with its sentence, and the address for whoever cannot scan it.
fn way_on(sheet: &mut Sheet<'_>, receipt: &Receipt) -> Vec<Element> {
    let Some(code) = qr::Code::of(&receipt.address) else { return Vec::new() };
    sheet.room_for(CODE);
    let (page, top) = (sheet.page, sheet.y);
    let place = sheet.marks.len();
    sheet.marks.push(Mark { page, x: MARGIN, y: top, what: What::Code(code) });
    let around = Rect::from_xywh(MARGIN, top, CODE, CODE).map(|rect| BBox::new(page, rect));
    let figure = Element::of(Tag::Figure(Some(receipt.code_name.clone())).with_bbox(around), vec![place]);
    let (x, widest) = (MARGIN + CODE + 16.0, INNER - CODE - 16.0);
    sheet.gap(8.0);
    let lead = sheet.write(&receipt.code_lead, x, widest, TEXT, Ink::Full);
    let from = sheet.y;
    let address = sheet.write(&receipt.address, x, widest, SMALL, Ink::Full);
    let mut link = Element::of(Tag::Link, address);
    // The link covers the lines of one page; they are kept together by the code beside them.
    link.link = Rect::from_ltrb(x, from, x + widest, sheet.y).map(|rect| (receipt.address.clone(), rect, sheet.page));
    sheet.y = sheet.y.max(top + CODE);
    vec![figure, Element::of(Tag::P, lead), Element::around(Tag::P, vec![link])]
}

/// The document; the error is a sentence for the log.
pub(super) fn draw(face: &Face, pen: &Pen<'_>, receipt: &Receipt) -> Result<Vec<u8>, String> {
    let configuration = ConfigurationBuilder::new().with_accessibility_validator(Accessibility::UA1).finish();
    let configuration = configuration.map_err(|error| format!("{error:?}"))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let (sheet, elements, frame) = lay_out(pen, receipt);
    let mut drawn: Vec<Option<Identifier>> = sheet.marks.iter().map(|_| None).collect();
    let mut links = Vec::new();
    collect_links(&elements, &mut links);
    let mut linked = Vec::new();
    for number in 0..=sheet.page {
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or("no page")?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        if let Some(frame) = frame.filter(|_| number == 0) {
            draw_frame(&mut surface, frame);
        }
        for (place, mark) in sheet.marks.iter().enumerate().filter(|(_, mark)| mark.page == number) {
            drawn[place] = Some(draw_mark(&mut surface, face, pen, mark));
        }
        surface.finish();
        for (address, rect, _) in links.iter().filter(|(_, _, page)| *page == number) {
            let target = Target::Action(Action::Link(LinkAction::new(address.clone())));
            let annotation = Annotation::new_link(LinkAnnotation::new(*rect, target), Some(receipt.code_name.clone()));
            linked.push(page.add_tagged_annotation(annotation));
        }
        page.finish();
    }
    let mut tree = TagTree::new().with_lang(Some(receipt.lang.to_owned()));
    let mut linked = linked.into_iter();
    for element in elements {
        tree.push(group(element, &mut drawn, &mut linked));
    }
    document.set_tag_tree(tree);
    document.set_metadata(Metadata::new().title(receipt.title.clone()).language(receipt.lang.to_owned()));
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(receipt.title.clone(), XyzDestination::new(0, Point::from_xy(0.0, 0.0))));
    document.set_outline(outline);
    document.finish().map_err(|error| format!("{error:?}"))
}

fn collect_links(elements: &[Element], links: &mut Vec<(String, Rect, usize)>) {
    for element in elements {
        links.extend(element.link.clone());
        collect_links(&element.inside, links);
    }
}

fn group(
    element: Element,
    drawn: &mut [Option<Identifier>],
    linked: &mut impl Iterator<Item = Identifier>,
) -> TagGroup {
    let mut group = TagGroup::new(element.tag);
    for place in element.marks {
        if let Some(identifier) = drawn.get_mut(place).and_then(Option::take) {
            group.push(identifier);
        }
    }
    if element.link.is_some() {
        linked.next().into_iter().for_each(|identifier| group.push(identifier));
    }
    for inside in element.inside {
        group.push(self::group(inside, drawn, linked));
    }
    group
}

fn draw_frame(surface: &mut Surface<'_>, frame: Rect) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    let mut path = PathBuilder::new();
    path.push_rect(frame);
    if let Some(path) = path.finish() {
        surface.set_fill(None);
        surface.set_stroke(Some(Stroke { paint: Ink::Soft.color().into(), width: 1.0, ..Stroke::default() }));
        surface.draw_path(&path);
        surface.set_stroke(None);
    }
    surface.end_tagged();
}

fn draw_mark(surface: &mut Surface<'_>, face: &Face, pen: &Pen<'_>, mark: &Mark) -> Identifier {
    let fill = |color: rgb::Color| Some(Fill { paint: color.into(), ..Fill::default() });
    let identifier;
    match &mark.what {
        What::Line { text, size, ink } => {
            identifier = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            surface.set_fill(fill(ink.color()));
            let start = Point::from_xy(mark.x, mark.y);
            surface.draw_glyphs(start, &pen.glyphs(text), face.font.clone(), text, *size, false);
        }
        What::Code(code) => {
            identifier = surface.start_tagged(ContentTag::Other);
            surface.set_fill(fill(rgb::Color::black()));
            draw_code(surface, code, mark.x, mark.y);
        }
    }
    surface.end_tagged();
    identifier
}

fn draw_code(surface: &mut Surface<'_>, code: &qr::Code, x: f32, y: f32) {
    #[expect(clippy::cast_precision_loss, reason = "a code has fewer than 200 modules a side")]
    let points = |modules: i32| modules as f32 * (CODE / code.side() as f32);
    let mut path = PathBuilder::new();
    for (place, line, length) in code.runs() {
        if let Some(rect) = Rect::from_xywh(x + points(place), y + points(line), points(length), points(1)) {
            path.push_rect(rect);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}
