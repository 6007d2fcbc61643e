//! The list of messages, newest first, page by page.
//!
//! A page token is the id of the last message shown, so pages neither repeat nor skip a message
//! while new ones arrive. DateSent is compared by day.

use super::Front;
use crate::carrier::journal::Accepted;
use http::{StatusCode, Uri};
use squall_wire::http::{Response, reply};
use squall_wire::twilio::{ErrorBody, Page, message, messages_path};
use url::form_urlencoded::{Serializer, parse};

const LARGEST: usize = 1_000;

struct Query {
    to: Option<String>,
    from: Option<String>,
    day: Option<String>,
    day_from: Option<String>,
    day_until: Option<String>,
    size: usize,
    page: usize,
    before: Option<u64>,
}

pub(super) fn page(front: &Front, uri: &Uri) -> Result<Response, ErrorBody> {
    let query = Query::parse(uri.query().unwrap_or(""))?;
    let path = messages_path(&front.carrier.account);
    let (messages, last) = {
        let desk = front.carrier.desk();
        let mut matching = desk.recent.iter().rev().filter(|accepted| query.wants(accepted));
        let shown: Vec<_> = matching.by_ref().take(query.size).collect();
        let last = matching.next().and(shown.last()).map(|accepted| accepted.id);
        (shown.iter().map(|accepted| front.message(accepted)).collect::<Vec<_>>(), last)
    };
    let start = query.page * query.size;
    let answer = Page {
        page: query.page,
        page_size: query.size,
        start,
        end: start + messages.len().saturating_sub(1),
        uri: uri.path_and_query().map_or_else(|| path.clone(), ToString::to_string),
        first_page_uri: query.uri(&path, 0, None),
        // Pages are walked forward only.
        previous_page_uri: None,
        next_page_uri: last.map(|id| query.uri(&path, query.page + 1, Some(id))),
        messages,
    };
    Ok(reply::json(StatusCode::OK, &answer))
}

impl Query {
    fn parse(text: &str) -> Result<Query, ErrorBody> {
        let mut query = Query {
            to: None,
            from: None,
            day: None,
            day_from: None,
            day_until: None,
            size: 50,
            page: 0,
            before: None,
        };
        let wrong = || ErrorBody::new(400, 20001, "Cannot read the query");
        for (key, value) in parse(text.as_bytes()) {
            let day = || value.chars().take(10).collect::<String>();
            match &*key {
                "To" => query.to = Some(value.into_owned()),
                "From" => query.from = Some(value.into_owned()),
                "DateSent" => query.day = Some(day()),
                "DateSent>" => query.day_from = Some(day()),
                "DateSent<" => query.day_until = Some(day()),
                "PageSize" => {
                    let size: usize = value.parse().map_err(|_| wrong())?;
                    query.size = size.clamp(1, LARGEST);
                }
                "Page" => {
                    let page: u32 = value.parse().map_err(|_| wrong())?;
                    query.page = page as usize;
                }
                "PageToken" => query.before = Some(value.parse().map_err(|_| wrong())?),
                _ => {}
            }
        }
        Ok(query)
    }

    fn wants(&self, accepted: &Accepted) -> bool {
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|w| w == value);
        if !is(&self.to, &accepted.destination) || !is(&self.from, &accepted.source) {
            return false;
        }
        if self.before.is_some_and(|before| accepted.id >= before) {
            return false;
        }
        if self.day.is_none() && self.day_from.is_none() && self.day_until.is_none() {
            return true;
        }
        let day = message::day(accepted.at_us);
        is(&self.day, &day)
            && self.day_from.as_ref().is_none_or(|from| *from <= day)
            && self.day_until.as_ref().is_none_or(|until| day <= *until)
    }

    fn uri(&self, path: &str, page: usize, before: Option<u64>) -> String {
        let mut query = Serializer::new(String::new());
        let filters = [
            ("To", &self.to),
            ("From", &self.from),
            ("DateSent", &self.day),
            ("DateSent>", &self.day_from),
            ("DateSent<", &self.day_until),
        ];
        for (key, value) in filters {
            if let Some(value) = value {
                query.append_pair(key, value);
            }
        }
        query.append_pair("PageSize", &self.size.to_string());
        query.append_pair("Page", &page.to_string());
        if let Some(before) = before {
            query.append_pair("PageToken", &before.to_string());
        }
        format!("{path}?{}", query.finish())
    }
}
