//! What Kannel's bearerbox tells of itself: the XML of its status page (user guide 1.4.5, "HTTP
//! Administration"). Nothing here is fetched.

use roxmltree::{Document, Node};

/// Where it is asked; `password` is its `status-password`.
pub fn status_path(password: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("password", password)
        .finish();
    format!("/status.xml?{query}")
}

/// How much it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// It takes messages: neither suspended nor on its way down.
    pub runs: bool,
    /// Messages that wait for an uplink, or for an uplink's answer.
    pub queued: u64,
    /// Messages in its store; 0 where it has none.
    pub stored: u64,
    /// Uplinks that are bound, of all.
    pub online: u64,
    pub uplinks: u64,
    /// Receipts that are still expected.
    pub receipts: u64,
}

impl Status {
    /// `None` for anything that is no status page, such as a refusal.
    pub fn parse(xml: &str) -> Option<Status> {
        let document = Document::parse(xml).ok()?;
        let gateway = document.root_element();
        if gateway.tag_name().name() != "gateway" {
            return None;
        }
        let runs = text(gateway, &["status"])?.starts_with("running");
        let waiting = number(gateway, &["sms", "sent", "queued"])?;
        let uplinks = child(gateway, "smscs")?;
        let mut status = Status {
            runs,
            queued: waiting,
            // A store that it does not have is -1.
            stored: number(gateway, &["sms", "storesize"]).unwrap_or(0),
            receipts: number(gateway, &["dlr", "queued"]).unwrap_or(0),
            ..Status::default()
        };
        for uplink in uplinks.children().filter(|node| node.has_tag_name("smsc")) {
            status.uplinks += 1;
            status.online += u64::from(text(uplink, &["status"])?.starts_with("online"));
            status.queued += number(uplink, &["queued"])?;
        }
        Some(status)
    }

    /// Messages that it has accepted and not got rid of. What is stored is queued too.
    pub fn backlog(&self) -> u64 {
        self.queued.max(self.stored)
    }
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.children().find(|node| node.has_tag_name(name))
}

fn text<'a>(node: Node<'a, '_>, path: &[&str]) -> Option<&'a str> {
    path.iter().try_fold(node, |node, name| child(node, name))?.text().map(str::trim)
}

fn number(node: Node<'_, '_>, path: &[&str]) -> Option<u64> {
    text(node, path)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the shape of a page of bearerbox 1.4.5.
    fn page(status: &str, queued: &str, stored: &str, uplinks: &[(&str, u64)]) -> String {
        let uplink = |(status, queued): &(&str, u64)| {
            format!(
                "<smsc><name>SMPP:h</name><status>{status}</status><failed>0</failed><queued>{queued}</queued></smsc>"
            )
        };
        let uplinks: String = uplinks.iter().map(uplink).collect();
        format!(
            "<?xml version=\"1.0\"?>\n<gateway>\n<version>x</version><status>{status}</status>\n\
             <sms><received><total>9</total><queued>8</queued></received><sent><total>7</total>\
             <queued>{queued}</queued></sent><storesize>{stored}</storesize></sms>\n\
             <dlr><queued>4</queued><storage>internal</storage></dlr>\n\
             <smscs><count>2</count>{uplinks}</smscs></gateway>"
        )
    }

    #[test]
    fn what_waits_is_what_has_no_uplink_yet_and_what_an_uplink_has_not_sent() {
        let uplinks = [("online 5s", 3), ("re-connecting", 0)];
        let status = Status::parse(&page("running, uptime 0d", "2", "-1", &uplinks)).expect("one");
        let expected =
            Status { runs: true, queued: 5, stored: 0, online: 1, uplinks: 2, receipts: 4 };
        assert_eq!((status, status.backlog()), (expected, 5));
        let stored = Status::parse(&page("suspended", "0", "9", &[])).expect("one");
        assert_eq!((stored.runs, stored.backlog()), (false, 9));
    }

    #[test]
    fn what_is_no_status_page_tells_nothing() {
        for other in ["Denied", "", "<gateway/>", "<html></html>", &page("running", "x", "0", &[])]
        {
            assert_eq!(Status::parse(other), None, "{other}");
        }
        assert_eq!(status_path("a&b"), "/status.xml?password=a%26b");
    }
}
