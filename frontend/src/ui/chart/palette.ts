const SERIES = 10;

/** The colour of the nth series, as a CSS custom property. */
export function seriesColour(index: number): string {
  return index < SERIES ? `--series-${index + 1}` : "--series-other";
}

/** The colour of the remainder. */
export const OTHER_COLOUR = "--series-other";

/** The colours of custom properties in the current theme, in a form that a canvas accepts. */
export function resolveColours(names: readonly string[], beside: HTMLElement): string[] {
  const probe = document.createElement("span");
  probe.hidden = true;
  beside.append(probe);
  const colours = names.map((name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}
