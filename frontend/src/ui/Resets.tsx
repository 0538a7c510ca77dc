import { Match, Switch } from "solid-js";
import { t } from "../i18n";
import { Ago } from "./Moment";

type ResetsProps = {
  /** Null where the time is not known, or where there is none. */
  at: string | null | undefined;
  /** The period of a quota: one for a lifetime says that it does not reset. */
  window?: string;
};

/** When counting starts again from zero. */
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
