"""Save the diagram that the browser has drawn, as SVG or PNG: no `dot` program is needed for it."""

from __future__ import annotations

from resnet_viz.components import declare

_COMPONENT = declare(
    __file__,
    """
    <div class="root">
      <button type="button" data-format="svg">Save SVG</button>
      <button type="button" data-format="png">Save PNG</button>
      <span role="status"></span>
    </div>
    """,
)


def save_drawing(container: str, *, file_name: str, background: str, key: str) -> None:
    """Mount the two buttons for the graphviz drawing inside the Streamlit container of that key.

    `background` fills the PNG, whose text is in the colours of the present theme.
    """
    _COMPONENT(
        key=key,
        data={"container": container, "file": file_name, "background": background},
    )
