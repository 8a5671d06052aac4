//! Takes comments and indentation out of scripts, and nothing that could change their meaning; brotli does the rest. Shared with `server/build.rs` by path, so it uses only the standard library.

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
