import { useClient } from "@urql/solid";
import { createResource, createSignal, Show } from "solid-js";
import { graphql } from "../../graphql/generated";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Loading } from "../../ui/Loading";
import { Panel } from "../../ui/Panel";
import { SettingsForm } from "./SettingsForm";

const SettingsQuery = graphql(`
  query Settings {
    settings {
      ...SettingsValues
    }
  }
`);

/** How the server treats requests. */
export function SettingsPanel() {
  const client = useClient();
  // Asked once and not kept fresh: what the form shows must not change while somebody types.
  const ask = () => client.query(SettingsQuery, {}, { requestPolicy: "network-only" }).toPromise();
  const [answer, { refetch }] = createResource(ask);
  const [isSaved, setSaved] = createSignal(false);

  async function reload(saved: boolean) {
    await refetch();
    setSaved(saved);
  }

  return (
    <Panel
      title="Requests"
      hint="What happens when a client leaves early, and how much is too much."
    >
      <ErrorNotice error={answer.latest?.error} />
      <Show
        when={answer.latest?.data?.settings}
        keyed
        fallback={<Show when={answer.loading}>{<Loading />}</Show>}
      >
        {(settings) => (
          <SettingsForm
            settings={settings}
            isSaved={isSaved()}
            onSaved={() => void reload(true)}
            onReload={() => void reload(false)}
          />
        )}
      </Show>
    </Panel>
  );
}
