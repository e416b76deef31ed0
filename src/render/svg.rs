//! Pictures that a person can open: one lane per service, columns in the order of creation.
//!
//! The layout is our own, because lanes are what makes forty resources legible: layout libraries
//! place nodes freely and know no groups.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::graph::{ACTIONS, Picture, colors, groups, kind, verb};

const WIDTH: usize = 240;
const HEIGHT: usize = 46;
const GAP_X: usize = 60;
const GAP_Y: usize = 14;
const LANE_TITLE: usize = 30;
const MARGIN: usize = 24;

/// Left upper corner of a node.
#[derive(Clone, Copy, Default)]
struct Place {
    x: usize,
    y: usize,
}

struct Lane {
    title: &'static str,
    y: usize,
    height: usize,
}

struct Layout {
    places: Vec<Place>,
    lanes: Vec<Lane>,
    width: usize,
    height: usize,
}

/// The picture as SVG.
pub fn svg(it: &Picture) -> String {
    let layout = layout(it);
    let (width, height) = (layout.width, layout.height);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\">\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#6b7280\"/></marker>\
         </defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
    );
    for lane in &layout.lanes {
        let _ = writeln!(
            out,
            "<rect x=\"{MARGIN}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"#f9fafb\" \
             stroke=\"#e5e7eb\"/>\n<text x=\"{}\" y=\"{}\" font-size=\"13\" font-weight=\"600\" \
             fill=\"#374151\">{}</text>",
            lane.y,
            width - 2 * MARGIN,
            lane.height,
            MARGIN + 12,
            lane.y + 20,
            escaped(lane.title),
        );
    }
    for (from, to) in &it.edges {
        let (Some(a), Some(b)) = (layout.places.get(*from), layout.places.get(*to)) else {
            continue;
        };
        let (x1, y1) = (a.x, a.y + HEIGHT / 2);
        let (x2, y2) = (b.x + WIDTH, b.y + HEIGHT / 2);
        let bend = GAP_X + x1.abs_diff(x2) / 6;
        let _ = writeln!(
            out,
            "<path class=\"e f{from} t{to}\" d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\" \
             fill=\"none\" stroke=\"#9ca3af\" marker-end=\"url(#tip)\"/>",
            x1.saturating_sub(bend / 2),
            x2 + bend / 2,
        );
    }
    for (number, (node, place)) in it.nodes.iter().zip(&layout.places).enumerate() {
        let (fill, line) = colors(node.action());
        let name = match node.resource.module.is_root() {
            true => node.resource.name.to_string(),
            false => format!("{}.{}", node.resource.module, node.resource.name),
        };
        let count = match node.count() {
            0 | 1 => String::new(),
            count => format!(" \u{d7}{count}"),
        };
        let hint = match node.doing() {
            doing if doing.is_empty() => node.resource.to_string(),
            doing => format!("{}: {doing}", node.resource),
        };
        let Place { x, y } = *place;
        let _ = writeln!(
            out,
            "<g class=\"n\" data-n=\"{number}\"><title>{}</title><rect x=\"{x}\" y=\"{y}\" \
             width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\" fill=\"{fill}\" stroke=\"{line}\" \
             stroke-width=\"1.5\"/><text x=\"{tx}\" y=\"{}\" font-size=\"11\" fill=\"#4b5563\">{}\
             </text><text x=\"{tx}\" y=\"{}\" font-size=\"14\" font-weight=\"600\" \
             fill=\"#111827\">{}{count}</text></g>",
            escaped(&hint),
            y + 17,
            escaped(&cut(&kind(node), 36)),
            y + 36,
            escaped(&cut(&name, 24)),
            tx = x + 10,
        );
    }
    let used = ACTIONS
        .into_iter()
        .filter(|action| it.nodes.iter().any(|node| colors(node.action()) == colors(*action)));
    for (place, action) in used.enumerate() {
        let (fill, line) = colors(action);
        let (x, y) = (MARGIN + 110 * place, height - MARGIN - 14);
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"14\" rx=\"3\" fill=\"{fill}\" \
             stroke=\"{line}\"/><text x=\"{}\" y=\"{}\" font-size=\"12\" fill=\"#374151\">{}</text>",
            x + 20,
            y + 12,
            verb(action),
        );
    }
    out.push_str("</svg>\n");
    out
}

/// The picture in a page that lights up what a node is joined to.
pub fn html(it: &Picture) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>Resources</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{}\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        svg(it)
    )
}

const STYLE: &str = "body{margin:0;overflow:auto}svg.on .n,svg.on .e{opacity:.15}\
    svg.on .lit{opacity:1}svg .e.lit{stroke:#2563eb;stroke-width:2}.n{cursor:pointer}";

const SCRIPT: &str = "\
const svg=document.querySelector('svg'),all=s=>svg.querySelectorAll(s);\
all('.n').forEach(g=>{const n=g.dataset.n;\
g.onmouseenter=()=>{svg.classList.add('on');g.classList.add('lit');\
all('.e.f'+n+',.e.t'+n).forEach(e=>{e.classList.add('lit');\
for(const c of e.classList){const m=/^[ft](\\d+)$/.exec(c);\
if(m)svg.querySelector('.n[data-n=\"'+m[1]+'\"]').classList.add('lit')}})};\
g.onmouseleave=()=>{svg.classList.remove('on');all('.lit').forEach(e=>e.classList.remove('lit'))}});";

/// Column by depth below what depends on nothing, lane by service, row near what is depended on. Lanes
/// whose nodes come first stand on top.
fn layout(it: &Picture) -> Layout {
    let ranks = ranks(it);
    let columns = ranks.iter().max().map_or(1, |it| it + 1);
    let mut lanes = Vec::new();
    let mut lane_of = vec![0; it.nodes.len()];
    let mut y = MARGIN;
    for (number, (title, members)) in lanes_in_order(it, &ranks).into_iter().enumerate() {
        let mut rows = vec![0; columns];
        for member in members {
            if let (Some(rank), Some(lane)) = (ranks.get(member), lane_of.get_mut(member)) {
                rows.get_mut(*rank).into_iter().for_each(|it: &mut usize| *it += 1);
                *lane = number;
            }
        }
        let rows = rows.into_iter().max().unwrap_or_default();
        let height = LANE_TITLE + rows * (HEIGHT + GAP_Y);
        lanes.push(Lane { title, y, height });
        y += height + GAP_Y;
    }
    let mut places = vec![Place::default(); it.nodes.len()];
    let mut used: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for rank in 0..columns {
        let mut column: Vec<usize> =
            (0..it.nodes.len()).filter(|number| ranks.get(*number) == Some(&rank)).collect();
        // What it depends on stands further left, so its place is known.
        column.sort_by_cached_key(|number| height_of_dependencies(it, &places, *number));
        for number in column {
            let lane = lane_of.get(number).copied().unwrap_or_default();
            let row = used.entry((lane, rank)).or_default();
            let top = lanes.get(lane).map_or(MARGIN, |it| it.y) + LANE_TITLE;
            if let Some(place) = places.get_mut(number) {
                let x = 2 * MARGIN + rank * (WIDTH + GAP_X);
                *place = Place { x, y: top + *row * (HEIGHT + GAP_Y) };
            }
            *row += 1;
        }
    }
    let width = 4 * MARGIN + columns * WIDTH + (columns - 1) * GAP_X;
    Layout { places, lanes, width, height: y + 2 * MARGIN }
}

/// Services with their nodes, by how deep those stand on average.
fn lanes_in_order(it: &Picture, ranks: &[usize]) -> Vec<(&'static str, Vec<usize>)> {
    let mut lanes: Vec<_> = groups(it).into_iter().collect();
    lanes.sort_by_key(|(_, members)| {
        let depths = members.iter().filter_map(|member| ranks.get(*member));
        depths.sum::<usize>() * 1000 / members.len().max(1)
    });
    lanes
}

fn height_of_dependencies(it: &Picture, places: &[Place], number: usize) -> usize {
    let below = it.edges.iter().filter(|(from, _)| *from == number);
    let heights: Vec<usize> = below.filter_map(|(_, to)| Some(places.get(*to)?.y)).collect();
    heights.iter().sum::<usize>() / heights.len().max(1)
}

/// Longest way down to something that depends on nothing. Bounded, should there be a circle.
fn ranks(it: &Picture) -> Vec<usize> {
    let mut ranks = vec![0; it.nodes.len()];
    for _ in 0..it.nodes.len() {
        let mut moved = false;
        for (from, to) in &it.edges {
            let below = ranks.get(*to).copied().unwrap_or_default() + 1;
            if let Some(rank) = ranks.get_mut(*from).filter(|it| **it < below && below < 200) {
                *rank = below;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    ranks
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most - 1).chain(['\u{2026}']).collect(),
        None => text.to_string(),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::graph::of_state;
    use super::*;
    use crate::state::{Object, State};

    #[test]
    fn what_is_made_first_stands_left_and_on_top() {
        let mut state = State::new();
        for (address, on) in [
            ("aws_cloudwatch_log_group.last", Some("aws_subnet.app")),
            ("aws_subnet.app", Some("aws_vpc.main")),
            ("aws_vpc.main", None),
        ] {
            let mut object = Object::new(serde_json::json!({"id": "x"}));
            object.dependencies = on.iter().map(|it| it.parse().unwrap()).collect();
            state.insert(address.parse().unwrap(), object);
        }
        let layout = layout(&of_state(&state));
        let titles: Vec<&str> = layout.lanes.iter().map(|it| it.title).collect();
        assert_eq!(titles, ["VPC and EC2", "CloudWatch Logs"]);
        let [log, subnet, vpc] = layout.places[..] else { panic!("three nodes") };
        assert!(vpc.x < subnet.x && subnet.x < log.x && vpc.y < log.y);
    }
}
