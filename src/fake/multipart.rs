//! Just enough of `multipart/form-data` to take uploaded files.

/// One field of a form.
pub(super) struct Part {
    pub(super) name: String,
    /// Empty for ordinary fields.
    pub(super) file_name: String,
    pub(super) text: String,
}

/// `None` = not a form.
pub(super) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = content_type.split("boundary=").nth(1)?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    let body = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    let mut sections = body.split(delimiter.as_str());
    sections.next()?;
    let mut parts = Vec::new();
    for section in sections {
        if section.starts_with("--") {
            return Some(parts);
        }
        let (head, content) = section.strip_prefix("\r\n")?.split_once("\r\n\r\n")?;
        let disposition = head
            .lines()
            .find(|line| line.to_lowercase().starts_with("content-disposition:"))?;
        parts.push(Part {
            name: parameter(disposition, "name"),
            file_name: parameter(disposition, "filename"),
            text: content.strip_suffix("\r\n").unwrap_or(content).to_owned(),
        });
    }
    None
}

fn parameter(disposition: &str, name: &str) -> String {
    disposition
        .split(';')
        .filter_map(|parameter| parameter.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"').to_owned())
        .unwrap_or_default()
}
