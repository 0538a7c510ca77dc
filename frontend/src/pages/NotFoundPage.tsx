import { A } from "@solidjs/router";
import { t } from "../i18n";
import { buttonClass } from "../ui/Button";
import { EmptyState } from "../ui/EmptyState";
import { Page } from "../ui/Page";

/** The page for an unknown path. */
export default function NotFoundPage() {
  return (
    <Page title={t("pages.lostTitle")}>
      <EmptyState
        title={t("pages.lost")}
        action={
          <A href="/" class={buttonClass("plain")}>
            {t("common.goToOverview")}
          </A>
        }
      >
        {t("pages.lostHint")}
      </EmptyState>
    </Page>
  );
}
