import Download from "lucide-solid/icons/download";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { ExportFormat, RequestFilter } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { fetchFile } from "../../lib/download";
import { Menu, MenuItem } from "../../ui/Menu";
import { notifyError } from "../../ui/Toaster";

const ExportRequestsMutation = graphql(`
  mutation ExportRequests($format: ExportFormat!, $filter: RequestFilter) {
    exportRequests(format: $format, filter: $filter) {
      download {
        path
      }
    }
  }
`);

/** Exports all requests that match the filters. */
export function ExportRequests(props: { filter: RequestFilter }) {
  const [, exportRequests] = createMutation(ExportRequestsMutation);

  async function download(format: ExportFormat) {
    const { data, error } = await exportRequests({ format, filter: props.filter });
    if (error) notifyError(error);
    if (data) fetchFile(data.exportRequests.download.path);
  }

  return (
    <Menu
      label={t("requests.export")}
      trigger={<Download class="size-4" aria-hidden="true" />}
      triggerClass="inline-flex size-8 items-center justify-center rounded-lg text-muted hover:bg-hover hover:text-ink"
    >
      <MenuItem onSelect={() => void download("CSV")}>{t("common.csv")}</MenuItem>
      <MenuItem onSelect={() => void download("JSON_LINES")}>{t("common.jsonLines")}</MenuItem>
    </Menu>
  );
}
