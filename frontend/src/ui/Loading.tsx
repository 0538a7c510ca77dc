import { t } from "../i18n";
import { Spinner } from "./Spinner";

/** A loading indicator that appears after a noticeable delay. */
export function Loading() {
  return (
    <div role="status" data-pending class="appear-late flex items-center gap-2 p-6 text-muted">
      <Spinner />
      {t("common.loading")}
    </div>
  );
}
