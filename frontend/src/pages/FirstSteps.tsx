import { A } from "@solidjs/router";
import { t } from "../i18n";
import { buttonClass } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";

/** The first steps on a server that has served no requests yet. */
export function FirstSteps() {
  return (
    <EmptyState
      do="createUser"
      title={t("pages.first.title")}
      action={
        <A href="/welcome" class={buttonClass("primary")}>
          {t("pages.first.begin")}
        </A>
      }
    >
      {t("pages.first.hint")}
    </EmptyState>
  );
}
