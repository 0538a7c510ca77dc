import { Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../graphql/generated";
import { t } from "../i18n";

const KeyMarkFragment = graphql(`
  fragment KeyMark on ApiKey {
    id
    prefix
    lastFour
    agentSignIn {
      agent
      surface
      clientIp
    }
  }
`);

/** Both ends of a key by which it is recognised, or the agent that signed in. */
export function KeyMark(props: { apiKey: FragmentType<typeof KeyMarkFragment> }) {
  const apiKey = () => readFragment(KeyMarkFragment, props.apiKey);
  return (
    <Show
      when={apiKey().agentSignIn}
      fallback={
        <span class="font-mono text-xs whitespace-nowrap text-muted">
          {apiKey().prefix}…{apiKey().lastFour}
        </span>
      }
    >
      {(signIn) => (
        <span class="block max-w-64 text-xs break-words text-muted" title={signIn().clientIp ?? ""}>
          {t("agentSignIn.of", {
            agent: signIn().agent ?? signIn().surface ?? t("agentSignIn.unnamed"),
          })}
        </span>
      )}
    </Show>
  );
}
