//! Takes comments and indentation out of scripts and style sheets, and nothing that could change their meaning; brotli
//! does the rest. Shared with `server/build.rs` by path, so it uses only the standard library.

/// A script without its whole-line comments and indentation.
///
/// # Errors
/// When a template literal spans lines, where indentation has a meaning: the message names the line.
pub fn script(source: &str) -> Result<String, String> {
    let mut result = String::with_capacity(source.len());
    let mut in_comment = false;
    for (index, line) in source.lines().enumerate() {
        let line = line.trim();
        if in_comment {
            in_comment = !line.contains("*/");
            continue;
        }
        if line.starts_with("/*") {
            in_comment = !line.contains("*/");
            continue;
        }
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if line.matches('`').count() % 2 == 1 {
            return Err(format!("line {}: a template literal must end on its own line", index + 1));
        }
        result.push_str(line);
        result.push('\n');
    }
    Ok(result)
}

/// A style sheet without comments and without the space around `{ } ; , :` where it means nothing.
///
/// Quoted text is kept as it is. Space before a colon is kept (`a :focus` differs from `a:focus`), and so is space
/// around brackets and operators (`calc` needs it).
pub fn style(source: &str) -> String {
    let mut result = String::with_capacity(source.len());
    let mut rest = source;
    let mut space_waits = false;
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
            space_waits = true;
        } else if next.is_whitespace() {
            rest = &rest[next.len_utf8()..];
            space_waits = true;
        } else if next == '"' {
            let end = rest[1..].find('"').map_or(rest.len(), |end| end + 2);
            push(&mut result, &mut space_waits, &rest[..end]);
            rest = &rest[end..];
        } else {
            let length = next.len_utf8();
            push(&mut result, &mut space_waits, &rest[..length]);
            rest = &rest[length..];
        }
    }
    result
}

fn push(result: &mut String, space_waits: &mut bool, piece: &str) {
    if *space_waits
        && !result.is_empty()
        && !result.ends_with(['{', '}', ';', ',', ':'])
        && !piece.starts_with(['{', '}', ';', ','])
    {
        result.push(' ');
    }
    *space_waits = false;
    if piece == "}" && result.ends_with(';') {
        result.pop();
    }
    result.push_str(piece);
}
