import { A } from "@solidjs/router";
import { AllKeys } from "../features/keys";
import { t } from "../i18n";
import { buttonClass } from "../ui/Button";
import { Page } from "../ui/Page";

/** The API keys of all users. */
export default function KeysPage() {
  return (
    <Page title={t("keys.allTitle")}>
      <AllKeys
        action={
          <A href="/users?create=yes" class={buttonClass("primary")}>
            {t("users.create")}
          </A>
        }
      />
    </Page>
  );
}
