import { Answer, Ask, createRecord, createRun, RawEvents, Record } from "../features/playground";
import { t } from "../i18n";
import { Page } from "../ui/Page";

/** One question to any model, as a user's tool would ask it. */
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
