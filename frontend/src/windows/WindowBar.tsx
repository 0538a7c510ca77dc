import { t } from "../i18n";
import { Meter } from "../ui/Meter";
import { nameOfWindow } from "./windowName";

/** The level of a usage window: what was used through this server, elsewhere, and the expected level at the reset. */
export function WindowBar(props: {
  name: string;
  percent: number;
  outside?: number | null | undefined;
  /** The expected lowest and highest level at the reset. */
  expected?: readonly [number, number] | undefined;
  /** In percent: where the use is stopped. */
  stop?: number | undefined;
}) {
  const used = () => t("windows.used", { percent: Math.round(props.percent) });
  const outside = () => Math.round(props.outside ?? 0);
  const text = () => {
    const parts = [used()];
    if (outside() > 0) parts.push(t("windows.elsewhere", { percent: outside() }));
    if (props.expected) {
      const [from, to] = props.expected.map(Math.round);
      parts.push(t("windows.expected", { from: from ?? 0, to: to ?? 0 }));
    }
    return parts.join(", ");
  };
  return (
    <Meter
      label={nameOfWindow(props.name)}
      percent={props.percent}
      valueText={text()}
      hatched={outside()}
      band={props.expected}
      stop={props.stop}
    />
  );
}
