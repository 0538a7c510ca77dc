import { Answer, Ask, createRun, playgroundWords, RawEvents, Record } from "../features/playground";
import { Page } from "../ui/Page";

/** One question to any model, as a user's tool would ask it. */
export default function PlaygroundPage() {
  const run = createRun();
  return (
    <Page title={playgroundWords().title} hint={playgroundWords().hint}>
      <div class="grid items-start gap-5 lg:grid-cols-2">
        <Ask run={run} />
        <Answer run={run} />
      </div>
      <Record run={run} />
      <RawEvents run={run} />
    </Page>
  );
}
