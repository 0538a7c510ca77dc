import { A } from "@solidjs/router";
import { For, Show } from "solid-js";
import { type FragmentType, graphql, readFragment } from "../../graphql/generated";
import { t } from "../../i18n";
import { Fact, Facts } from "../../ui/Facts";
import { Ago } from "../../ui/Moment";
import { Notice } from "../../ui/Notice";

const SECONDS_PER_HOUR = 3600;

const EngineCatalogFragment = graphql(`
  fragment EngineCatalog on Engine {
    modelCatalogue {
      enabled
      addresses
      intervalSeconds
      refreshedAt
      refreshedFrom
      failedAt
    }
  }
`);

/** How the engine refreshes its model catalog; nothing for an engine that this server does not run. */
export function ModelCatalog(props: { engine: FragmentType<typeof EngineCatalogFragment> }) {
  const catalog = () => readFragment(EngineCatalogFragment, props.engine).modelCatalogue;
  return (
    <Show when={catalog()}>
      {(known) => (
        <section aria-labelledby="engine-catalog" class="flex flex-col gap-4">
          <div>
            <h3 id="engine-catalog" class="font-medium">
              {t("engine.catalog.title")}
            </h3>
            <p class="text-sm text-muted">
              {t("engine.catalog.hint")}{" "}
              <A href="/settings" class="underline underline-offset-4">
                {t("engine.catalog.toSettings")}
              </A>
            </p>
          </div>
          <Show when={known().enabled && known().failedAt}>
            <Notice tone="warn">{t("engine.catalog.failedNotice")}</Notice>
          </Show>
          <Facts>
            <Fact name={t("engine.catalog.source")}>
              {known().enabled ? t("engine.catalog.internet") : t("engine.catalog.builtIn")}
            </Fact>
            <Show when={known().enabled}>
              <Fact name={t("engine.catalog.interval")}>
                {t("engine.catalog.every", {
                  hours: Math.round(known().intervalSeconds / SECONDS_PER_HOUR),
                })}
              </Fact>
              <Fact name={t("engine.catalog.refreshed")}>
                <Ago at={known().refreshedAt} never={t("engine.catalog.never")} />
              </Fact>
              <Show when={known().failedAt}>
                {(at) => (
                  <Fact name={t("engine.catalog.failed")}>
                    <Ago at={at()} />
                  </Fact>
                )}
              </Show>
            </Show>
            <Fact name={t("engine.catalog.addresses")} wide>
              <ul class="font-mono text-xs font-normal break-all">
                <For each={known().addresses}>
                  {(address) => (
                    <li classList={{ "font-medium": address === known().refreshedFrom }}>
                      {address}
                    </li>
                  )}
                </For>
              </ul>
            </Fact>
          </Facts>
        </section>
      )}
    </Show>
  );
}
