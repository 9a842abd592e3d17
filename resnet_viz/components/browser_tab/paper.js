// Plotly draws a chart for the width that it has on the screen; a view box lets it shrink to the paper's.

const CHARTS = ".js-plotly-plot svg.main-svg";

export function letChartsShrinkOnPaper() {
  addEventListener("beforeprint", () => {
    for (const chart of document.querySelectorAll(CHARTS)) {
      const [width, height] = ["width", "height"].map((side) => chart.getAttribute(side));
      chart.setAttribute("viewBox", `0 0 ${width} ${height}`);
    }
  });
  addEventListener("afterprint", () => {
    for (const chart of document.querySelectorAll(CHARTS)) chart.removeAttribute("viewBox");
  });
}
