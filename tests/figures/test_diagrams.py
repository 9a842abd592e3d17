"""Diagrams hold what the trace holds: every layer, every edge, every skip path, at every level."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

import graphviz
import pytest

from resnet_viz.analysis.records import Trace
from resnet_viz.analysis.trace import trace
from resnet_viz.errors import ExplorerError, PathError
from resnet_viz.figures.diagrams import LEVELS, describe, network_diagram, repeat_groups
from resnet_viz.figures.palette import DARK, LIGHT, mixed
from resnet_viz.model.presets import PRESETS

NETWORKS = (
    *("resnet18", "resnet50", "resnet152", "resnext50_32x4d", "walkthrough"),
    *("plain18", "resnet20", "resnet110"),
)

# Projections (or zero-pads) and identities by hand, He et al. 2015 table 1: a shortcut changes the
# shape in the first block of a stage, but for stage 1 of networks with basic blocks.
SHORTCUTS = {
    "resnet18": (3, 5),
    "resnet34": (3, 13),
    "resnet50": (4, 12),
    "resnet152": (4, 46),
    "resnext50_32x4d": (4, 12),
    "walkthrough": (4, 4),
    "plain18": (0, 0),
    "plain34": (0, 0),
    "resnet20": (2, 7),
    "resnet110": (2, 52),
}

ID = r'(?:"([^"]+)"|([\w.]+))'
NODE = re.compile(rf"^\t+{ID} \[label=<(.*)>(?: (?=\w+=)|\])(.*)$")
EDGE = re.compile(rf"^\t+{ID} -> {ID} \[(.*)\]$")
MARK = re.compile(r'class="?[\w ]*\bselected\b')


def network(name: str) -> Trace:
    return trace(PRESETS[name])


def nodes(graph: graphviz.Digraph) -> dict[str, str]:
    """Labels by node name; a name that is drawn twice fails."""
    found = [match for line in graph.body if (match := NODE.match(line))]
    labels = {match[1] or match[2]: match[3] for match in found}
    assert len(labels) == len(found)
    return labels


def edges(graph: graphviz.Digraph) -> list[tuple[str, str, str]]:
    """From, to, attributes."""
    found = (match for line in graph.body if (match := EDGE.match(line)))
    return [(match[1] or match[2], match[3] or match[4], match[5]) for match in found]


def layer_nodes(graph: graphviz.Digraph) -> set[str]:
    return nodes(graph).keys() - {"input", "output"}


def shortcuts(graph: graphviz.Digraph) -> Counter[str]:
    return Counter(
        kind for *_, look in edges(graph) for kind in re.findall(r'class="shortcut ([\w-]+)"', look)
    )


def parameters(label: str) -> int:
    return sum(int(text.replace(",", "")) for text in re.findall(r"([\d,]+) parameters", label))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_and_edge_of_every_block_is_drawn(name: str) -> None:
    net = network(name)
    for block in net.blocks():
        inside = {row.path for row in net.inside(block.path)}
        graph = network_diagram(net, "layers", LIGHT, within=block.path)
        assert layer_nodes(graph) == inside
        expected = {
            (a if a in inside else "input", b if b in inside else "output")
            for a, b in net.edges
            if {a, b} & inside
        }
        assert {(a, b) for a, b, _ in edges(graph)} == expected


def test_a_network_without_equal_neighbours_is_drawn_layer_by_layer() -> None:
    net = trace(replace(PRESETS["resnet50"], repeats=(2, 2, 2, 2)))
    assert all(
        len(group) == 1 for stage in net.stages() for group in repeat_groups(net, stage.path)
    )
    graph = network_diagram(net, "layers", LIGHT)
    assert layer_nodes(graph) == {layer.path for layer in net.leaves()}
    assert Counter((a, b) for a, b, _ in edges(graph)) == Counter((*net.edges, ("fc", "output")))


@pytest.mark.parametrize("name", SHORTCUTS)
def test_every_shortcut_is_an_edge_around_its_block(name: str) -> None:
    net = network(name)
    graph = network_diagram(net, "all-blocks", LIGHT)
    kinds = shortcuts(graph)
    changing, same = SHORTCUTS[name]
    option = PRESETS[name].shortcut
    assert kinds == Counter({"identity": same, option: changing}) - Counter()
    blocks = {block.path for block in net.blocks()}
    sums = {f"{path}.add" for path in blocks} if same else set()
    assert layer_nodes(graph) == blocks | sums | {"stem", "head"}
    into_sum = Counter(b for _, b, look in edges(graph) if b in sums)
    assert into_sum == Counter(dict.fromkeys(sums, 2))


def test_identity_is_solid_and_all_else_dashed_in_the_one_colour() -> None:
    for theme in (LIGHT, DARK):
        for name, label in (("resnet50", "1×1, /2"), ("resnet20", "zero-pad, /2")):
            looks = [look for *_, look in edges(network_diagram(network(name), "blocks", theme))]
            around = [look for look in looks if "shortcut" in look]
            assert all(f'color="{theme.shortcut}"' in look for look in around)
            assert all(("style=solid" in look) == ("identity" in look) for look in around)
            assert all(("style=dashed" in look) != ("identity" in look) for look in around)
            assert sum(label in look for look in around) == len(network(name).stages()) - 1


def test_the_branch_of_a_block_feeds_its_sum_and_both_paths_start_at_its_input() -> None:
    graph = network_diagram(network("resnet18"), "all-blocks", LIGHT)
    drawn = [(a, b, "shortcut" in look) for a, b, look in edges(graph)]
    assert drawn[:7] == [
        ("input", "stem", False),
        ("stem", "layer1.0", False),
        ("layer1.0", "layer1.0.add", False),
        ("stem", "layer1.0.add", True),
        ("layer1.0.add", "layer1.1", False),
        ("layer1.1", "layer1.1.add", False),
        ("layer1.0.add", "layer1.1.add", True),
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_folds_add_up_to_the_blocks_of_each_stage(name: str) -> None:
    net = network(name)
    for stage, repeats in zip(net.stages(), net.config.repeats, strict=True):
        groups = repeat_groups(net, stage.path)
        assert tuple(block for group in groups for block in group) == net.blocks(stage.path)
        assert sum(map(len, groups)) == repeats
        assert len(groups) <= 2  # only the first block of a stage differs


@pytest.mark.parametrize(
    ("name", "lengths"),
    [
        ("resnet152", [[1, 2], [1, 7], [1, 35], [1, 2]]),
        ("resnet18", [[2], [1, 1], [1, 1], [1, 1]]),
        ("resnet110", [[18], [1, 17], [1, 17]]),
    ],
)
def test_equal_blocks_are_folded(name: str, lengths: list[list[int]]) -> None:
    net = network(name)
    assert [
        [len(group) for group in repeat_groups(net, stage.path)] for stage in net.stages()
    ] == lengths


def test_a_folded_node_says_how_many_and_which() -> None:
    label = nodes(network_diagram(network("resnet152"), "blocks", LIGHT))["layer3.1"]
    assert "Bottleneck ×35" in label
    assert "layer3.1 … layer3.35" in label
    source = network_diagram(network("resnet152"), "layers", LIGHT).source
    assert "Bottleneck ×35" in source
    assert "layer3.1 … layer3.35" in source


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("level", LEVELS)
def test_every_edge_leads_forward_and_no_node_is_left_out(name: str, level: str) -> None:
    graph = network_diagram(network(name), level, LIGHT)
    order = {path: place for place, path in enumerate(nodes(graph))}  # drawn as it groups
    drawn = [(a, b) for a, b, _ in edges(graph)]
    assert all(order[a] < order[b] for a, b in drawn)  # so a folded block does not feed itself
    assert {a for a, _ in drawn} == order.keys() - {"output"}
    assert {b for _, b in drawn} == order.keys() - {"input"}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("level", LEVELS)
def test_whatever_is_selected_is_marked_exactly_once(name: str, level: str) -> None:
    net = network(name)
    rows = net.paths if len(net.paths) < 120 else net.paths[::7] + net.paths[-3:]
    assert not MARK.search(network_diagram(net, level, LIGHT).source)
    for path in rows:
        source = network_diagram(net, level, LIGHT, selected=path).source
        assert len(MARK.findall(source)) == 1, path
        assert source.count("penwidth=3.5") == 1, path


@pytest.mark.parametrize(
    ("level", "selected", "marked"),
    [
        ("stages", "layer3.7.conv1", "layer3"),
        ("stages", "bn1", "stem"),
        ("blocks", "layer3.7", "layer3.1"),
        ("blocks", "layer3.7.conv1", "layer3.1"),
        ("blocks", "layer3.0.downsample.0", "layer3.0"),
        ("blocks", "layer3.0.relu3", "layer3.0.add"),
        ("all-blocks", "layer3.7.bn1", "layer3.7"),
        ("layers", "layer3.7.bn1", "layer3.1.bn1"),
        ("layers", "fc", "fc"),
    ],
)
def test_a_hidden_layer_marks_the_node_that_hides_it(
    level: str, selected: str, marked: str
) -> None:
    graph = network_diagram(network("resnet152"), level, LIGHT, selected=selected)
    (line,) = [line for line in graph.body if MARK.search(line)]
    assert re.match(rf'^\t+"?{re.escape(marked)}"? \[', line)
    assert f'color="{LIGHT.text}"' in line


@pytest.mark.parametrize("path", ["layer2", "layer2.1"])
def test_a_selected_frame_is_marked_and_the_frames_in_it_are_not(path: str) -> None:
    graph = network_diagram(network("resnet50"), "layers", LIGHT, selected=path)
    looks = {
        match[1]: graph.body[place + 1]
        for place, line in enumerate(graph.body)
        if (match := re.match(r'^\t+subgraph "?cluster_([\w.]+)"? \{', line))
    }
    assert [name for name, look in looks.items() if MARK.search(look)] == [path]
    # What a frame does not say it inherits from the one around it.
    assert all("penwidth=" in look and "class=" in look for look in looks.values())


def test_a_selection_that_is_not_in_the_drawing_marks_nothing() -> None:
    for selected in ("layer1.0.conv1", "layer9", "fc"):
        graph = network_diagram(
            network("resnet18"), "layers", LIGHT, within="layer2", selected=selected
        )
        assert not MARK.search(graph.source)


@pytest.mark.parametrize("level", ["stages", "blocks", "layers"])
@pytest.mark.parametrize("name", ["resnet152", "resnet110", "resnext101_64x4d"])
def test_a_deep_network_stays_readable(name: str, level: str) -> None:
    assert len(nodes(network_diagram(network(name), level, LIGHT))) <= 110


@pytest.mark.parametrize("name", NETWORKS)
def test_parameters_on_the_nodes_add_up(name: str) -> None:
    net = network(name)
    for level in ("stages", "all-blocks"):
        shown = nodes(network_diagram(net, level, LIGHT))
        assert sum(map(parameters, shown.values())) == net.params
    for block in net.blocks()[:3]:
        shown = nodes(network_diagram(net, "layers", LIGHT, within=block.path))
        assert sum(map(parameters, shown.values())) == block.params


def test_known_numbers_stand_where_they_are_looked_for() -> None:
    graph = network_diagram(network("resnet50"), "stages", LIGHT)
    assert "3×3, 256" in nodes(graph)["layer3"]  # He et al. 2015 table 1, conv4_x
    assert "× 6 Bottleneck" in nodes(graph)["layer3"]
    assert {"  256 × 56 × 56", "  2048 × 7 × 7"} <= set(
        re.findall(r'label="([^"]+)"', graph.source)
    )
    stem = nodes(network_diagram(network("resnet18"), "layers", LIGHT))["conv1"]
    assert "Conv2d 7×7, 64, /2" in stem
    assert "9,408 parameters · 118.0 M MACs" in stem
    resnext = network_diagram(network("resnext50_32x4d"), "blocks", LIGHT)
    assert "3×3, 256, /2, 32 groups" in nodes(resnext)["layer2.0"]


@pytest.mark.parametrize(
    ("within", "start", "end"),
    [
        ("layer1", "from stem", "to layer2"),
        ("layer2", "from layer1", "to layer3"),
        ("layer2.0", "from layer1.1", "to layer2.1"),
        ("layer4.1", "from layer4.0", "to head"),
    ],
)
@pytest.mark.parametrize("level", LEVELS)
def test_a_part_is_drawn_between_its_neighbours(
    level: str, within: str, start: str, end: str
) -> None:
    graph = network_diagram(network("resnet18"), level, LIGHT, within=within)
    assert sum(b == "output" for _, b, _ in edges(graph)) == 1
    shown = nodes(graph)
    assert start in shown.pop("input")
    assert end in shown.pop("output")
    assert all(path.startswith(within) for path in shown)


@pytest.mark.parametrize("level", LEVELS)
def test_only_colours_of_the_theme_are_used(level: str) -> None:
    for theme in (LIGHT, DARK):
        hues = {theme.background, theme.text, theme.muted, theme.line, theme.shortcut}
        hues |= {*theme.stages, *map(theme.tint, range(5))}
        hues |= {mixed(hue, theme.background, 0.35) for hue in theme.stages}
        graph = network_diagram(network("resnet50"), level, theme, selected="layer2.0")
        assert set(re.findall(r"#[0-9a-fA-F]{6}", graph.source)) <= hues
        assert "bgcolor=transparent" in graph.source


@pytest.mark.parametrize(("horizontal", "direction"), [(False, "TB"), (True, "LR")])
def test_direction(horizontal: bool, direction: str) -> None:
    graph = network_diagram(network("resnet18"), "blocks", LIGHT, horizontal=horizontal)
    assert f"rankdir={direction}" in graph.source


@pytest.mark.parametrize("name", ['<b>"x\\', "a:b -> c; }", "<script>alert(1)</script>"])
@pytest.mark.parametrize("level", LEVELS)
def test_a_users_words_do_not_reach_the_drawing(name: str, level: str) -> None:
    plain = network_diagram(network("resnet18"), level, LIGHT, selected="layer2").source
    named = trace(replace(PRESETS["resnet18"], name=name))
    assert network_diagram(named, level, LIGHT, selected="layer2").source == plain
    assert network_diagram(named, level, LIGHT, selected=name).source.count(name) == 0
    for label in nodes(network_diagram(named, level, LIGHT)).values():
        assert "<" not in re.sub(r"</?(?:b|font|br)\b[^<>]*>", "", label)


def test_what_cannot_be_drawn_is_refused_in_a_sentence() -> None:
    net = network("resnet18")
    with pytest.raises(ExplorerError, match="stages, blocks, all-blocks, layers"):
        network_diagram(net, "molecules", LIGHT)
    with pytest.raises(PathError, match="only stages and blocks"):
        network_diagram(net, "layers", LIGHT, within="layer1.0.conv1")
    with pytest.raises(PathError, match="layer9"):
        describe(net, "layers", "layer9")


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("level", LEVELS)
def test_the_description_counts_what_is_drawn(name: str, level: str) -> None:
    net = network(name)
    for within in ("", "layer2", "layer2.0"):
        drawn = nodes(network_diagram(net, level, LIGHT, within=within))
        assert f" {len(drawn)} nodes" in describe(net, level, within)


def test_the_description_reads_well() -> None:
    assert describe(network("resnet50"), "blocks", "") == (
        "Diagram of the whole network (blocks, equal ones once) in 20 nodes, from 3 × 224 × 224 to "
        "1000. Shortcuts: 12 identity, 4 that change the shape."
    )
    assert describe(network("plain18"), "layers", "layer2.0") == (
        "Diagram of layer2.0 (layers, equal blocks once) in 8 nodes, from 64 × 56 × 56 to "
        "128 × 28 × 28. There are no shortcuts."
    )
