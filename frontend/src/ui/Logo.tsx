/** The logo with the product name. */
export function Logo() {
  return (
    <span class="inline-flex items-center gap-2.5 text-lg font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" class="size-7" aria-hidden="true">
        <rect width="32" height="32" rx="9" class="fill-accent" />
        <path
          d="M7 11h9a5 5 0 0 1 0 10H7M25 11h-3M25 21h-3"
          class="fill-none stroke-on-accent"
          stroke-width="3.2"
          stroke-linecap="round"
        />
      </svg>
      ProxyPal
    </span>
  );
}
