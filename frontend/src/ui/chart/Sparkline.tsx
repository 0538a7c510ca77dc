type SparklineProps = { values: readonly number[]; label: string; class?: string };

const WIDTH = 120;
const HEIGHT = 32;

function outline(values: readonly number[]): string {
  const top = Math.max(...values, 1);
  const step = WIDTH / Math.max(1, values.length - 1);
  return values
    .map((value, index) => {
      const x = (index * step).toFixed(1);
      const y = (HEIGHT - 2 - (value / top) * (HEIGHT - 4)).toFixed(1);
      return `${index === 0 ? "M" : "L"}${x} ${y}`;
    })
    .join("");
}

/** A small line that shows a trend. */
export function Sparkline(props: SparklineProps) {
  const line = () => outline(props.values);
  return (
    <svg
      role="img"
      aria-label={props.label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      class={`w-full ${props.class ?? "h-8"}`}
    >
      <path d={`${line()}V${HEIGHT}H0Z`} class="fill-accent-soft" />
      <path
        d={line()}
        class="fill-none stroke-accent-text"
        stroke-width="1.5"
        stroke-linejoin="round"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  );
}
