//! What a key, a terminal event or an answer of the worker changes.

use super::action::{Action, Motion, Tab, Towards};
use super::clock::ZoneChoice;
use super::columns::Columns;
use super::happening::{Effect, Happening};
use super::keys::KeyContext;
use super::kinds::FindingRow;
use super::model::{Model, PageSubject, Pane, PayloadView, SessionItem, TextPage};
use super::opened::Wanted;
use super::panes::Resize;
use super::plot::{self, Zoom};
use super::prompt::Prompt;
use super::request::{ReplayRequest, Reply, Saved};
use super::scroll::scroll;
use super::sessions::ListRow;
use super::tree::Folds;
use super::{
    about, answer, area, back, choice, comparing as compare, findings, folding, jump, marks, mouse, resize,
    rows,
};
use crate::index::Index;

/// Changes the model. Returns what is to be done.
pub fn update(model: &mut Model, index: &Index, happening: Happening) -> Vec<Effect> {
    let mut effects = Vec::new();
    match happening {
        Happening::Key(key) => {
            model.notice = None;
            let is_help = model.keymap.action(KeyContext::Sessions, key) == Some(Action::Help);
            if model.prompt.is_some() {
                answer::answer(model, index, key, &mut effects);
            } else if let Some(action) = model.keymap.action(model.place(), key) {
                act(model, index, action, &mut effects);
            } else if is_help && model.page.is_some() {
                // As elsewhere, the key that shows it hides it.
                act(model, index, Action::Back, &mut effects);
            } else {
                let help = model.keymap.key(Action::Help);
                model.notice = Some(format!("{key} does nothing here; {help} shows the keys"));
            }
        }
        Happening::Paste(text) => {
            if let Some(line) = model.prompt.as_mut().and_then(Prompt::line_mut) {
                line.extend(text.chars().filter(|c| !c.is_control()));
                answer::typed(model, index);
            }
        }
        Happening::Resize(columns, rows) => model.size = (columns, rows),
        Happening::Wheel(motion, column, row) => mouse::wheel(model, index, motion, (column, row)),
        Happening::Click(column, row) => {
            if mouse::click(model, index, (column, row)) {
                act(model, index, Action::Open, &mut effects);
            }
        }
        Happening::Reply(reply) => take(model, index, reply, &mut effects),
        Happening::Drag(column, row) => mouse::drag(model, (column, row)),
        Happening::Loaded(loading) => {
            if loading.has_resumed && std::mem::take(&mut model.is_paused) {
                let held = super::text::thousands(model.loading.held.max(loading.held));
                model.notice = Some(format!(
                    "pause ended: {held} frames were waiting, as many as the limit paused-rows allows"
                ));
            }
            let said = model.loading.remarks.len();
            if let Some(new @ [_, ..]) = loading.remarks.get(said..) {
                model.notice = Some(new.join("; "));
            }
            model.loading = loading;
        }
        Happening::Opened(name, key_log) => model.show_another(name, key_log),
        Happening::NotOpened(reason) => model.notice = Some(reason),
        Happening::Completed(path) => {
            if let Some(Prompt::File(line) | Prompt::Path(_, line)) = &mut model.prompt {
                *line = path;
            }
        }
    }
    refresh(model, index);
    effects.extend(wanted(model, index).into_iter().map(Effect::Ask));
    effects.extend(answer::readings(model, index).map(Effect::Ask));
    effects
}

/// Brings the rows up to date with the index.
fn refresh(model: &mut Model, index: &Index) {
    let page = area::rows(model);
    let mut is_busy =
        model.sessions.refresh(index, (model.clock.zone(), &model.picks), page, model.loading.is_over);
    is_busy |= findings::refresh(model, index);
    if let Some(open) = &mut model.open {
        is_busy |= rows::refresh(open, index, (model.clock.zone(), &model.picks));
        let rows = open.len(index);
        if model.is_following {
            open.list.go(Motion::Last, rows, page);
        }
        open.list.reveal(rows, page);
        let selected = Some(open.selected(index));
        if std::mem::replace(&mut open.shown, selected) != selected {
            open.scroll = 0;
            open.folds.forget_nodes();
        }
        jump::reveal_hit(model, index);
    } else if model.is_following && model.tab == Tab::Sessions {
        model.sessions.list.go(Motion::Last, model.sessions.rows.len(), page);
    }
    if model.tab == Tab::Plots {
        is_busy |= model.plots.refresh(index, model.open.as_ref().map(|open| open.session));
    }
    model.is_busy = is_busy;
}

/// The payloads that the screen needs and that are not there yet.
fn wanted(model: &mut Model, index: &Index) -> Vec<ReplayRequest> {
    if let Some(PageSubject::Compared(compared)) = model.page.map(|page| page.subject) {
        return compare::wanted(model, compared);
    }
    let Some(open) = &model.open else { return Vec::new() };
    let session = open.session;
    let mut requests = Vec::new();
    match open.selected(index) {
        SessionItem::Frame(place) => {
            if let Some(row) = index.frames(session).get(place) {
                requests.extend(model.payloads.want(ReplayRequest::Frame { session, number: row.number() }));
            }
        }
        SessionItem::Message(place) => {
            if let Some(row) = index.messages(session).get(place) {
                requests.extend(model.payloads.want(ReplayRequest::Message { session, number: row.number }));
            }
        }
        SessionItem::Whole => requests.extend(model.payloads.want(ReplayRequest::Upgrade { session })),
        SessionItem::End(_) => {}
    }
    let visible = open.list.top..open.list.top.saturating_add(area::rows(model)).min(open.len(index));
    let numbers: Vec<u64> = visible
        .filter_map(|row| match open.item(row, index) {
            SessionItem::Frame(place) => index.frames(session).get(place).map(|row| row.number()),
            SessionItem::Message(place) => index.messages(session).get(place).map(|row| row.number),
            SessionItem::Whole | SessionItem::End(_) => None,
        })
        .collect();
    let of = open.kind;
    requests.extend(model.payloads.want_previews(of, session, numbers.into_iter()));
    requests
}

fn act(model: &mut Model, index: &Index, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Quit => effects.push(Effect::Quit),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Back => back::back(model, index, effects),
        Action::Leave => back::leave(model, index, effects),
        Action::Help => model.page = Some(TextPage { subject: PageSubject::Help, scroll: 0 }),
        Action::Show(Tab::Plots) => model.tab = Tab::Plots,
        Action::Show(tab) => {
            model.open = None;
            model.tab = tab;
        }
        Action::Switch => switch(model),
        Action::Open => open(model, index),
        Action::Move(motion) => move_by(model, index, motion),
        Action::Scroll(motion) => scroll(model, index, motion),
        Action::SortLeft => sort_towards(model, index, Towards::Left),
        Action::SortRight => sort_towards(model, index, Towards::Right),
        Action::Reverse => sort(model, index, |columns| columns.is_reversed = !columns.is_reversed),
        Action::Unfold => unfold(model, index),
        Action::Columns => model.page = Some(TextPage { subject: PageSubject::Columns(0), scroll: 0 }),
        Action::ShowColumn => choice::show(model),
        Action::MoveColumn(towards) => choice::shift(model, towards),
        Action::SortBy => choice::sort(model, index),
        Action::Cursor(towards) => model.plots.step(index, plot::columns(model.size.0), towards),
        Action::ZoomIn => model.plots.zoom(index, plot::columns(model.size.0), Zoom::In),
        Action::ZoomOut => model.plots.zoom(index, plot::columns(model.size.0), Zoom::Out),
        Action::ZoomWhole => drop(model.plots.whole()),
        Action::Compare => compare::begin(model, index),
        Action::OpenFile => model.prompt = Some(Prompt::File(String::new())),
        Action::Reload => effects.push(Effect::Open(Wanted::Again)),
        Action::Grow => resize::resize(model, Resize::Larger),
        Action::Shrink => resize::resize(model, Resize::Smaller),
        Action::Full => model.panes.is_full = !model.panes.is_full,
        Action::GoTo => model.prompt = Some(Prompt::GoTo(String::new())),
        Action::TimeZone => {
            model.notice = Some(match model.clock.turn() {
                ZoneChoice::Utc => "times in UTC".to_owned(),
                ZoneChoice::Local => "times in the local time zone".to_owned(),
            });
            answer::filter_again(model, index);
        }
        Action::Filter => {
            let line = answer::filter(model).to_owned();
            model.prompt = Some(Prompt::Filter { before: line.clone(), line, offered: None });
        }
        Action::Search => model.prompt = Some(Prompt::Search(String::new())),
        Action::NextHit => jump::hit(model, index, jump::Jump::Next),
        Action::PreviousHit => jump::hit(model, index, jump::Jump::Previous),
        Action::NextFinding => jump::finding(model, index, jump::Jump::Next),
        Action::PreviousFinding => jump::finding(model, index, jump::Jump::Previous),
        Action::Explain => {
            match about::finding_in_view(model, index).and_then(|at| index.findings().get(at)) {
                Some(finding) => {
                    model.page = Some(TextPage { subject: PageSubject::Finding(finding.id), scroll: 0 });
                }
                None => model.notice = Some("no finding here; n goes to the next one".to_owned()),
            }
        }
        Action::NextView => view(model, 1),
        Action::PreviousView => view(model, PayloadView::ALL.len() - 1),
        Action::FoldLevel => folding::level(model, index, Folds::fold_level),
        Action::UnfoldLevel => folding::level(model, index, Folds::unfold_level),
        Action::FoldNode => folding::node(model, index),
        Action::Messages => rows::turn(model, index),
        Action::Ladder => {
            if let Some(open) = &mut model.open {
                open.is_ladder = !open.is_ladder;
                open.pane = Pane::Rows;
                open.scroll = 0;
            }
        }
        Action::Hide => model.is_hidden = !model.is_hidden,
        Action::Copy => model.prompt = Some(Prompt::Copy),
        Action::Export if model.open.is_none() => answer::save_listed(model, index),
        Action::Export => model.prompt = Some(Prompt::Save),
        Action::Mark => marks::mark(model, index),
        Action::NextMark => jump::next_mark(model, index),
        Action::Follow => {
            model.is_following = !model.is_following;
            let does =
                if model.is_following { "stays at the last row; A stops that" } else { "stays where it is" };
            model.notice = Some(format!("the list {does}"));
        }
        Action::Pause if model.loading.is_over && !model.is_paused => {
            model.notice = Some("nothing to pause: the whole capture has been read".to_owned());
        }
        Action::Pause => {
            model.is_paused = !model.is_paused;
            effects.push(if model.is_paused { Effect::Pause } else { Effect::Resume });
        }
    }
}

fn switch(model: &mut Model) {
    if let (Some(open), true) = (&mut model.open, model.tab != Tab::Plots) {
        open.pane = if open.pane == Pane::Rows { Pane::Detail } else { Pane::Rows };
        return;
    }
    model.tab = match model.tab {
        Tab::Sessions => Tab::Findings,
        Tab::Findings => Tab::Plots,
        Tab::Plots => Tab::Sessions,
    };
}

fn open(model: &mut Model, index: &Index) {
    match model.place() {
        KeyContext::Sessions => match model.sessions.rows.get(model.sessions.list.selected) {
            Some(ListRow::Session(session)) => jump::open_listed(model, index, *session),
            Some(ListRow::Noise(_)) => {
                model.sessions.is_unfolded = true;
                model.sessions.make(index, model.clock.zone(), &model.picks);
            }
            None => {}
        },
        KeyContext::Findings => {
            let findings = &model.findings;
            match (findings.rows.get(findings.list.selected), findings.selected()) {
                (Some(FindingRow::Kind { .. }), _) => unfold(model, index),
                (Some(FindingRow::Finding(_)), Some(at)) => jump::to_finding(model, index, at),
                (Some(FindingRow::Finding(_)) | None, _) => {}
            }
        }
        KeyContext::Session => {
            if model.open.as_ref().is_some_and(|open| open.pane == Pane::Detail) {
                folding::turn(model, index);
            } else if let Some(open) = &mut model.open {
                open.pane = Pane::Detail;
            }
        }
        KeyContext::Plots => {
            let plots = &model.plots;
            let times = plots.times(index, plot::columns(model.size.0));
            match plot::first_frame(index, plots.session, times) {
                Some((session, number)) => jump::to_frame(model, index, session, Some(number)),
                None => model.notice = Some("no frame began here".to_owned()),
            }
        }
        KeyContext::Columns | KeyContext::Page => {}
    }
}

fn move_by(model: &mut Model, index: &Index, motion: Motion) {
    let page = area::rows(model);
    model.is_following = false;
    match model.place() {
        KeyContext::Page => scroll(model, index, motion),
        KeyContext::Columns => choice::go(model, motion),
        KeyContext::Sessions => model.sessions.list.go(motion, model.sessions.rows.len(), page),
        KeyContext::Findings => model.findings.list.go(motion, model.findings.rows.len(), page),
        KeyContext::Session => {
            let is_detail = model.open.as_ref().is_some_and(|open| open.pane == Pane::Detail);
            if is_detail {
                if !folding::go(model, index, motion) {
                    scroll(model, index, motion);
                }
            } else if let Some(open) = &mut model.open {
                let before = open.list.selected;
                open.list.go(motion, open.len(index), page);
                if open.list.selected != before {
                    (open.is_sought, open.seeks_first) = (false, false);
                }
            }
        }
        KeyContext::Plots => model.plots.go(index, plot::columns(model.size.0), motion),
    }
}

/// Sorts by the next column that is in view.
fn sort_towards(model: &mut Model, index: &Index, towards: Towards) {
    let among = super::draw::columns_in_view(model, index);
    sort(model, index, |columns| columns.sort_towards(towards, &among));
}

/// Changes the order of the sessions.
fn sort(model: &mut Model, index: &Index, change: impl FnOnce(&mut Columns)) {
    let columns = &mut model.sessions.columns;
    change(columns);
    let order = if columns.is_reversed { ", turned around" } else { "" };
    model.notice = Some(format!("sorted by {}{order}", columns.sort.heading()));
    model.sessions.make(index, model.clock.zone(), &model.picks);
}

/// Unfolds or folds what never was a WebSocket, or the findings of a kind.
fn unfold(model: &mut Model, index: &Index) {
    let page = area::rows(model);
    if model.place() == KeyContext::Findings {
        let findings = &mut model.findings;
        findings.unfold(index);
        findings.list.reveal(findings.rows.len(), page);
    } else {
        model.sessions.is_unfolded = !model.sessions.is_unfolded;
        model.sessions.make(index, model.clock.zone(), &model.picks);
    }
}

fn view(model: &mut Model, by: usize) {
    if let Some(open) = &mut model.open {
        open.view = open.view.turned(by);
        model.notice = Some(format!("payload as {}", open.view.name()));
    }
}

fn take(model: &mut Model, index: &Index, reply: Reply, effects: &mut Vec<Effect>) {
    match reply {
        Reply::Line(line) => answer::copy(model, line, effects),
        Reply::Hits { hits, progress, doubt } => {
            let Some(hunt) = &mut model.hunt else { return };
            hunt.hits.extend(hits);
            if !hunt.progress.is_over() {
                hunt.progress = progress;
            }
            hunt.doubt = doubt;
            if hunt.at.is_none() && !hunt.hits.is_empty() {
                jump::hit(model, index, jump::Jump::Next);
            }
        }
        Reply::Picked { pick, rows, progress, doubt } => {
            if model.picks.take(&pick, rows, progress) {
                answer::picked(model, index, pick.list);
            }
            model.picks.doubt(&pick, doubt);
        }
        Reply::NotPicked(pick, reason) => model.picks.fail(&pick, reason),
        Reply::Unsearchable(reason) => {
            model.hunt = None;
            model.notice = Some(reason);
        }
        Reply::Saved { what, words } => {
            if let Saved::Capture(so_far) = what {
                model.saved = Some(so_far);
            }
            model.notice = Some(words);
        }
        Reply::Unsaved(words) => model.notice = Some(words),
        Reply::Exists { what, path } => model.prompt = Some(Prompt::Replace(what, path)),
        read @ (Reply::Frame { .. }
        | Reply::Message { .. }
        | Reply::Upgrade { .. }
        | Reply::Previews { .. }
        | Reply::Skipped(_)) => model.payloads.take(read),
    }
}
