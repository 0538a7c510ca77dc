import { Answer, Ask, createRecord, createRun, RawEvents, Record } from "../features/playground";
import { t } from "../i18n";
import { Page } from "../ui/Page";

/** A test request to any model, as sent by a client. */
export default function PlaygroundPage() {
  const run = createRun();
  const record = createRecord(run);
  return (
    <Page title={t("playground.title")} hint={t("playground.hint")}>
      <div class="grid items-start gap-5 lg:grid-cols-2">
        <Ask run={run} />
        <Answer run={run} />
      </div>
      <Record of={record} />
      <RawEvents run={run} />
    </Page>
  );
}
