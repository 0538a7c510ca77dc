import { createMutation } from "@urql/solid";
import { createSignal } from "solid-js";
import { graphql } from "../../graphql/generated";
import type { ExportFormat } from "../../graphql/generated/graphql";
import { fetchFile } from "../../lib/download";
import { readText } from "../../lib/form";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { SelectField } from "../../ui/Field";
import { Form } from "../../ui/Form";
import type { UsageChoices } from "./createUsageSearch";
import { words } from "./words";

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

/** Hands out what the page shows as a file. */
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
      <Button onClick={() => setOpen(true)}>{words().export}</Button>
      <Dialog
        open={isOpen()}
        title={words().exportTitle}
        description={words().exportHint}
        onClose={() => setOpen(false)}
      >
        <Form onSubmit={(form) => void download(form)}>
          <SelectField
            name="rows"
            label={words().what}
            hint={words().zoneHint}
            options={[
              { value: "DAY", label: words().perDay },
              { value: "HOUR", label: words().perHour },
            ]}
          />
          <SelectField
            name="format"
            label={words().format}
            options={[
              { value: "CSV", label: words().csv },
              { value: "JSON_LINES", label: words().jsonLines },
            ]}
          />
          <ErrorNotice error={change.error} />
          <DialogActions>
            <Button onClick={() => setOpen(false)}>{words().cancel}</Button>
            <Button tone="primary" type="submit" pending={change.fetching}>
              {words().download}
            </Button>
          </DialogActions>
        </Form>
      </Dialog>
    </>
  );
}
