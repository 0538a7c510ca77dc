import { createSignal } from "solid-js";
import { createMutation } from "../../graphql/createMutation";
import { graphql } from "../../graphql/generated";
import type { ExportFormat } from "../../graphql/generated/graphql";
import { t } from "../../i18n";
import { fetchFile } from "../../lib/download";
import { readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { SelectField } from "../../ui/Field";
import { MutationDialog } from "../../ui/MutationDialog";
import type { UsageChoices } from "./createUsageSearch";

const ExportUsageMutation = graphql(`
  mutation ExportUsage(
    $format: ExportFormat!
    $every: ExportEvery!
    $range: UsageRange
    $filter: UsageFilter
    $zone: String!
  ) {
    exportUsage(format: $format, every: $every, range: $range, filter: $filter, timezone: $zone) {
      download {
        path
      }
    }
  }
`);

const FORMATS: readonly ExportFormat[] = ["CSV", "JSON_LINES"];

/** Exports the usage that the page shows. */
export function ExportButton(props: { choices: UsageChoices }) {
  const [isOpen, setOpen] = createSignal(false);
  const [change, exportUsage] = createMutation(ExportUsageMutation);

  async function download(form: FormData) {
    const answer = await exportUsage({
      format: FORMATS.find((each) => each === readText(form, "format")) ?? "CSV",
      every: readText(form, "rows") === "HOUR" ? "HOUR" : "DAY",
      range: props.choices.range(),
      filter: props.choices.filter(),
      zone: props.choices.zone(),
    });
    if (!answer.data) return;
    fetchFile(answer.data.exportUsage.download.path);
    setOpen(false);
  }
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t("common.export")}</Button>
      <MutationDialog
        open={isOpen()}
        title={t("usage.exportTitle")}
        description={t("usage.exportHint")}
        onClose={() => setOpen(false)}
        mutation={change}
        submit={t("common.download")}
        onSubmit={(form) => void download(form)}
      >
        <SelectField
          name="rows"
          label={t("usage.what")}
          hint={t("usage.zoneHint")}
          options={[
            { value: "DAY", label: t("usage.perDay") },
            { value: "HOUR", label: t("usage.perHour") },
          ]}
        />
        <SelectField
          name="format"
          label={t("usage.format")}
          options={[
            { value: "CSV", label: t("common.csv") },
            { value: "JSON_LINES", label: t("common.jsonLines") },
          ]}
        />
      </MutationDialog>
    </>
  );
}
