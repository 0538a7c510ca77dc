import { t } from "../i18n";
import { Spinner } from "./Spinner";

/** Says that something is being fetched, but only when that takes noticeably long. */
export function Loading() {
  return (
    <div role="status" data-pending class="appear-late flex items-center gap-2 p-6 text-muted">
      <Spinner />
      {t("common.loading")}
    </div>
  );
}
