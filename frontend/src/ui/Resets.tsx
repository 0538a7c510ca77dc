import { Match, Switch } from "solid-js";
import { t } from "../i18n";
import { Ago } from "./Moment";

type ResetsProps = {
  /** Null if the time is unknown or there is no reset. */
  at: string | null | undefined;
  /** The period of a quota; a lifetime quota is shown as never resetting. */
  window?: string;
};

/** The time at which usage resets to zero. */
export function Resets(props: ResetsProps) {
  return (
    <Switch>
      <Match when={props.at}>
        {(at) => (
          <span>
            {t("common.resets")} <Ago at={at()} />
          </span>
        )}
      </Match>
      <Match when={props.window === "LIFETIME"}>{t("common.resetsNever")}</Match>
    </Switch>
  );
}
