"""The receipt, read by programs that share no code with the portal: pikepdf the structure, pdfium text and picture, zxing the
QR code. Invariant: what is looked for was typed here, letter for letter."""

import datetime
import io
import re
import urllib.request

import numpy
import pikepdf
import pypdfium2
import zxingcpp

import people
from batch import need

OF_PORTAL = []
of_portal = OF_PORTAL.append
FORM = "/apply/pregnancy_notification"
# Two hundred characters: outside the basic plane, not in JIS X 0208, with a variation (IVS), and one that no font has.
NAME = "𠮷﨑髙葛\U000e0101城\U0002fffd" + "髙木" * 96 + "花"


def in_days(days):
    day = datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=9))).date() + datetime.timedelta(days)
    return {"due_date-year": day.year, "due_date-month": day.month, "due_date-day": day.day}


PAGES = {
    "who": {"filer": "self"},
    "reason": {"reason": "new"},
    "name": {"name": NAME, "name_kana": "ヨシザキ ハナコ"},
    "birthdate": {"birthdate-year": "1995", "birthdate-month": "4", "birthdate-day": "1"},
    "address": {"postal_code": "100-0001", "address": "窓口市𠮷田町1-2-3", "lives_elsewhere": "same"},
    "contact": {"phone": "090-1234-5678", "phone_hours": "morning"},
    "language": {"language": "ja", "interpreter": "no"},
    "due_date": in_days(217),
    "diagnosis": {"diagnosed": "doctor", "practitioner": "医師 一郎", "clinic": "窓口クリニック"},
    "multiple": {"multiple": "single"},
    "history": {"parity": "1", "pregnancies": "1", "child_order": "1"},
    "checkups": {"sti_check": "1", "tb_check": "1"},
    "life": {"occupation": "1", "marital_status": "1"},
    "homecoming": {"homecoming": "no"},
}


def files(portal):
    """A parent with a filing in this name: her browser and the number."""
    browser = people.parent(portal, f"letters-{datetime.datetime.now().timestamp()}@example.jp")
    browser.send(FORM, FORM)
    for page, typed in PAGES.items():
        browser.send(f"{FORM}/{page}", f"{FORM}/{page}", **typed)
    page = browser.send(f"{FORM}/check", f"{FORM}/check")
    number = re.search(r'/receipt/([0-9A-Z-]+)\.pdf"', page)
    need(number, "there is no receipt with a PDF")
    return browser, number[1], page


def pdf(browser, number, language):
    request = urllib.request.Request(f"{browser.url}/receipt/{number}.pdf", headers={"accept-language": language})
    with browser.opener.open(request, timeout=60) as answer:
        need(answer.headers["content-type"] == "application/pdf", "it is no PDF")
        return answer.read()


def elements(node, found):
    """Every structure element below, in reading order: its kind, its dictionary."""
    kids = node.get("/K", [])
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
            found.append((str(kid["/S"]), kid))
            elements(kid, found)
    return found


def text_of(content):
    document = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in document)


@of_portal
def the_receipt_is_an_accessible_pdf_in_every_complete_language(portal):
    browser, number, _ = files(portal)
    for language, title in [("ja", "受付票"), ("en", "Receipt")]:
        content = pdf(browser, number, language)
        need(len(content) < 200_000, f"{len(content)} bytes: the font is not cut down to what is used")
        document = pikepdf.open(io.BytesIO(content))
        root = document.Root
        need(bool(root.MarkInfo.Marked), "it is not tagged")
        need(str(root.Lang) == language, "no language")
        need(bool(root.ViewerPreferences.DisplayDocTitle), "the file's name is shown for its title")
        with document.open_metadata() as metadata:
            need(metadata.get("pdfuaid:part") == "1", "it does not say that it is PDF/UA-1")
            need(metadata.get("dc:title") == title, f"another title: {metadata.get('dc:title')}")
        found = elements(root.StructTreeRoot, [])
        kinds = [kind for kind, _ in found]
        need(kinds.index("/H1") < kinds.index("/L") < kinds.index("/H2") < kinds.index("/Figure") < kinds.index("/Link"), f"out of order: {kinds}")
        need(kinds.count("/LI") == 7 and kinds.count("/H1") == 1, f"{kinds}")
        figure = next(element for kind, element in found if kind == "/Figure")
        need("QR" in str(figure.Alt), "the code has no other text")
        fonts = [font for page in document.pages for font in page.Resources.Font.values()]
        for font in fonts:
            name = str(font.BaseFont)
            need(re.match(r"/[A-Z]{6}\+", name), f"not a part of a font: {name}")
            descriptor = font.DescendantFonts[0].FontDescriptor
            need(any(key in descriptor for key in ("/FontFile2", "/FontFile3")), "the font is not in it")
            need("/ToUnicode" in font, "no text can be read out")


@of_portal
def a_name_of_two_hundred_rare_characters_is_whole_in_it(portal):
    browser, number, _ = files(portal)
    content = pdf(browser, number, "ja")
    text = re.sub(r"\s", "", text_of(content))
    need(number in text, "no number")
    # What no font has is told by its code point, and nothing else is changed.
    expected = NAME.replace("\U0002fffd", "〓〔U+2FFFD〕")
    for variation in (expected, expected.replace("\U000e0101", "")):
        if variation in text:
            break
    else:
        need(False, f"the name is not whole: {text[:600]}")
    for word in ("妊娠", "母子", "出産", "窓口クリニック", "090-1234-5678"):
        need(word not in text, f"it tells {word}")


@of_portal
def the_code_on_paper_and_on_the_page_leads_to_the_case(portal):
    browser, number, page = files(portal)
    address = f"{browser.url}/cases/{number}"
    document = pypdfium2.PdfDocument(pdf(browser, number, "ja"))
    pictures = [sheet.render(scale=3).to_numpy() for sheet in document]
    read = [code.text for picture in pictures for code in zxingcpp.read_barcodes(numpy.ascontiguousarray(picture[:, :, :3]))]
    need(read == [address], f"on paper: {read}")

    svg = re.search(r'<svg\b[^>]*class="qr".*?</svg>', page, re.S)[0]
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])
    scale = 6
    picture = numpy.full((side * scale, side * scale), 255, numpy.uint8)
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", svg):
        top, left = int(y) * scale, int(x) * scale
        picture[top : top + scale, left : left + int(length) * scale] = 0
    read = [code.text for code in zxingcpp.read_barcodes(picture)]
    need(read == [address], f"on the page: {read}")
