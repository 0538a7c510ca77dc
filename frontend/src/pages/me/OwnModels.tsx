import { OwnModels as ModelList } from "../../features/models";
import { t } from "../../i18n";
import { Page } from "../../ui/Page";

/** The models that an end user can use, with prices. */
export default function OwnModels() {
  return (
    <Page title={t("shell.places.models")} hint={t("pages.own.modelsHint")}>
      <ModelList />
    </Page>
  );
}
