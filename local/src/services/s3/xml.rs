//! S3's XML documents: small trees of elements without attributes.

use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::Event;

use super::error::malformed_xml;
use crate::ApiError;

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// Nesting limit; no S3 document has as many levels.
const MAX_DEPTH: usize = 32;

/// An element: text or children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// Parses a document.
    ///
    /// # Errors
    /// `MalformedXML`.
    pub(super) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let text = std::str::from_utf8(body).map_err(|_| malformed_xml())?;
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = Vec::new();
        loop {
            match reader.read_event().map_err(|_| malformed_xml())? {
                Event::Start(_) if open.len() == MAX_DEPTH => return Err(malformed_xml()),
                Event::Start(tag) => open.push(Self::named(tag.local_name().as_ref())),
                Event::Empty(tag) => {
                    let element = Self::named(tag.local_name().as_ref());
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(element),
                    }
                }
                Event::Text(text) => append(&mut open, &text)?,
                Event::GeneralRef(name) => append(&mut open, &format!("&{};", &*name))?,
                Event::End(_) => {
                    let element = open.pop().ok_or_else(malformed_xml)?;
                    match open.last_mut() {
                        Some(parent) => parent.children.push(element),
                        None => return Ok(element),
                    }
                }
                Event::Eof => return Err(malformed_xml()),
                _ => {}
            }
        }
    }

    fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// The first child with a name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child with a name.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// All children with a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The paths of all leaf elements below this one, such as `Rule/Status`.
    pub(super) fn leaves(&self) -> Vec<(String, &str)> {
        let mut leaves = Vec::new();
        for child in &self.children {
            if child.children.is_empty() {
                leaves.push((child.name.clone(), child.text.trim()));
            }
            leaves.extend(child.leaves().into_iter().map(|(path, text)| (format!("{}/{path}", child.name), text)));
        }
        leaves
    }

    /// Serialises the document.
    pub(super) fn document(&self) -> String {
        let mut content = String::new();
        self.children.iter().for_each(|child| child.write(&mut content));
        root(&self.name, &content)
    }

    fn write(&self, xml: &mut String) {
        let _ = write!(xml, "<{}>", self.name);
        match self.children.is_empty() {
            true => xml.push_str(&escape(self.text.trim())),
            false => self.children.iter().for_each(|child| child.write(xml)),
        }
        let _ = write!(xml, "</{}>", self.name);
    }
}

fn append(open: &mut [Element], raw: &str) -> Result<(), ApiError> {
    let plain = unescape(raw).map_err(|_| malformed_xml())?;
    match open.last_mut() {
        Some(element) => element.text.push_str(&plain),
        None if plain.trim().is_empty() => {}
        None => return Err(malformed_xml()),
    }
    Ok(())
}

/// A document with this root element.
pub(super) fn root(name: &str, content: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name} xmlns=\"{NAMESPACE}\">{content}</{name}>")
}

/// A text element.
pub(super) fn tagged(name: &str, text: impl AsRef<str>) -> String {
    format!("<{name}>{}</{name}>", escape(text.as_ref()))
}
