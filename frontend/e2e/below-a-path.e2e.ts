import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { Api, request } from "./api";
import { closeAll, newPage, openBrowser, signIn } from "./browser";
import { freePort, PASSWORD, Server } from "./server";

let server: Server;
let browser: Browser;
let nginx: ChildProcess;
let directory: string;
let outside: string;

function configuration(port: number, target: string): string {
  return `
daemon off;
pid ${directory}/nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path ${directory}/body;
  proxy_temp_path ${directory}/proxy;
  fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi;
  scgi_temp_path ${directory}/scgi;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port};
    location /proxypal/ {
      proxy_pass ${target}/;
      proxy_http_version 1.1;
      proxy_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}`;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "proxypal-nginx-"));
  const port = await freePort();
  outside = `http://127.0.0.1:${port}/proxypal`;
  [server, browser] = await Promise.all([
    Server.start({ password: PASSWORD, environment: { PUBLIC_URL: outside } }),
    openBrowser(),
  ]);
  const file = join(directory, "nginx.conf");
  writeFileSync(file, configuration(port, server.url));
  nginx = spawn("nginx", ["-p", directory, "-c", file], {
    stdio: "inherit",
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
  });
  const isUp = async () => (await fetch(`${outside}/readyz`).catch(() => undefined))?.ok ?? false;
  await vi.waitUntil(isUp, { timeout: 20_000, interval: 100 });
});
afterEach(() => closeAll(browser));
afterAll(async () => {
  nginx.kill("SIGTERM");
  await once(nginx, "exit");
  await browser.close();
  await server.remove();
  rmSync(directory, { recursive: true, force: true });
});

test("everything works below a path behind nginx: deep links, changes, and what comes live", async () => {
  const page = await newPage(browser);
  await page.goto(`${outside}/users`);
  await signIn(page);

  await page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
  expect(page.url()).toBe(`${outside}/users`);
  const api = await Api.open(server);
  const { secret, userId } = await api.createUser("Below");
  await page.goto(`${outside}/users/${userId}/connect?tool=CURL`);
  await page.getByText(`${outside}/v1`).first().waitFor();
  await page.getByRole("link", { name: "Requests" }).first().click();
  await page.getByText("Live", { exact: true }).first().waitFor();

  expect(await request(outside, secret, "demo-claude")).toBe(200);

  await page.getByRole("grid").getByText("demo-claude").first().waitFor();
});
