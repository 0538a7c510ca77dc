import { useSearchParams } from "@solidjs/router";
import { createSignal, Match, Switch } from "solid-js";
import type { FreshKey } from "../../connect/KeySecretDialog";
import { ProviderList } from "../../features/providers";
import { CreateUserForm } from "../../features/users";
import { t } from "../../i18n";
import { createSectionTitle } from "../../lib/createTitle";
import { useSession } from "../../session/SessionProvider";
import { Button } from "../../ui/Button";
import { Page } from "../../ui/Page";
import { Panel } from "../../ui/Panel";
import { Reserved } from "../../ui/Reserved";
import { ConnectStep } from "./ConnectStep";
import { STEPS, Steps } from "./Steps";

type WelcomeSearch = { step?: string; user?: string; key?: string };

function ProviderStep(props: { onNext: () => void }) {
  const { serverInfo } = useSession();
  return (
    <>
      <div class="flex flex-wrap items-center justify-between gap-4">
        <p class="text-muted">
          {serverInfo()?.engineMode === "DEMO"
            ? t("welcome.providerDemo")
            : t("welcome.providerHint")}
        </p>
        <Button tone="primary" onClick={() => props.onNext()}>
          {t("common.continue")}
        </Button>
      </div>
      <ProviderList />
    </>
  );
}

function UserStep(props: { onBack: () => void; onCreated: (id: string, key: FreshKey) => void }) {
  return (
    <div class="max-w-160">
      <Panel title={t("users.create")} hint={t("welcome.userHint")}>
        <CreateUserForm
          dismiss={t("common.back")}
          onCancel={props.onBack}
          onCreated={props.onCreated}
        />
      </Panel>
    </div>
  );
}

/** The steps from an empty server to the first request; the current step is kept in the URL. */
export default function WelcomePage() {
  const [search, setSearch] = useSearchParams<WelcomeSearch>();
  // A secret must not be in the URL; it is lost on reload, and the page warns about that.
  const [fresh, setFresh] = createSignal<FreshKey>();
  const made = () =>
    search.user && search.key ? { userId: search.user, apiKeyId: search.key } : undefined;
  const step = () => {
    const asked = STEPS.find((each) => each === search.step) ?? "provider";
    return asked === "connect" && !made() ? "user" : asked;
  };
  createSectionTitle(() => t(`welcome.${step()}`));

  return (
    <Page title={t("welcome.title")} hint={t("welcome.hint")}>
      <Reserved do="createUser">
        <Steps at={step()} />
        <Switch
          fallback={
            <UserStep
              onBack={() => setSearch({ step: undefined })}
              onCreated={(user, key) => {
                setFresh(key);
                setSearch({ step: "connect", user, key: key.apiKeyId });
              }}
            />
          }
        >
          <Match when={step() === "provider"}>
            <ProviderStep onNext={() => setSearch({ step: "user" })} />
          </Match>
          <Match when={step() === "connect" && made()}>
            {(known) => (
              <ConnectStep
                userId={known().userId}
                apiKeyId={known().apiKeyId}
                fresh={fresh()?.apiKeyId === known().apiKeyId ? fresh() : undefined}
              />
            )}
          </Match>
        </Switch>
      </Reserved>
    </Page>
  );
}
