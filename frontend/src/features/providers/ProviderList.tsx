import { createSignal, For, Show } from "solid-js";
import { May } from "../../graphql/may";
import { t, tIfKnown } from "../../i18n";
import { ErrorNotice } from "../../ui/ErrorNotice";
import { Notice } from "../../ui/Notice";
import { Panel } from "../../ui/Panel";
import { SkeletonRows } from "../../ui/Skeleton";
import { AddApiKeyDialog, type ApiKeyProvider } from "./AddApiKeyDialog";
import { createProviders } from "./createProviders";
import { ProviderCard } from "./ProviderCard";
import { createSignIn } from "./signin/createSignIn";
import { PendingSignIns } from "./signin/PendingSignIns";
import { SignInDialog } from "./signin/SignInDialog";

/** Every provider with its accounts, and the sign-ins that bring more. */
export function ProviderList() {
  const { providers, again } = createProviders();
  const [chosen, setChosen] = createSignal<ApiKeyProvider>();
  const signIn = createSignIn();
  const all = () => providers.data?.providers ?? [];
  const card = (provider: ReturnType<typeof all>[number]) => (
    <ProviderCard
      provider={provider}
      isStarting={signIn.isStarting()}
      onAdd={() => setChosen(provider)}
      onSignIn={() => void signIn.start(provider.kind)}
    />
  );
  const used = () => all().filter(({ accounts }) => accounts.length > 0);
  const others = () => all().filter(({ accounts }) => accounts.length === 0);

  return (
    <>
      <ErrorNotice error={providers.error} />
      <ErrorNotice error={signIn.error()} />
      <Show when={signIn.wrong()}>
        {(word) => (
          <Notice tone="bad">{tIfKnown(`signIn.returns.${word()}`) ?? t("signIn.returned")}</Notice>
        )}
      </Show>
      <Show when={providers.fetching && !providers.data}>
        <Panel flush>
          <SkeletonRows />
        </Panel>
      </Show>
      <Show when={providers.data}>
        <May
          do="startProviderLogin"
          fallback={
            <Show when={used().length === 0}>
              <p class="text-muted">{t("providers.none")}</p>
            </Show>
          }
        >
          <PendingSignIns openId={signIn.id()} onOpen={signIn.open} />
          <Show when={used().length === 0}>
            <p class="text-muted">{t("providers.noneHint")}</p>
          </Show>
        </May>
      </Show>
      <For each={used()}>{card}</For>
      <May do="addProviderApiKey">
        <Show when={used().length > 0 && others().length > 0}>
          <h2 class="-mb-2 font-medium text-muted">{t("providers.others")}</h2>
        </Show>
        <div class="grid gap-3 lg:grid-cols-2">
          <For each={others()}>{card}</For>
        </div>
      </May>
      <May do="addProviderApiKey">
        <AddApiKeyDialog provider={chosen()} onClose={() => setChosen(undefined)} />
      </May>
      <May do="startProviderLogin">
        <Show when={signIn.id()} keyed>
          {(id) => (
            <SignInDialog
              id={id}
              onSucceeded={again}
              onAgain={(kind) => void signIn.start(kind)}
              onClose={signIn.close}
            />
          )}
        </Show>
      </May>
    </>
  );
}
