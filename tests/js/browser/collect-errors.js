// Served first in every page of a test: keeps errors that WebKitGTK tells only its own console.
{
  const errors = (globalThis.collectedErrors = []);

  const { error: show } = console;
  console.error = (...values) => {
    errors.push(values.map(String).join(' '));
    show.apply(console, values);
  };

  // An error that a handler of the page prevents is none.
  const unlessHandled = (event, text) =>
    setTimeout(() => event.defaultPrevented || errors.push(text));

  addEventListener(
    'error',
    (event) => {
      const { target, message, error } = event;
      if (target === window) unlessHandled(event, error ? String(error) : message);
      else errors.push(`failed to load ${target.src ?? target.href}`);
    },
    true,
  );
  addEventListener('unhandledrejection', (event) => unlessHandled(event, String(event.reason)));
  addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
    errors.push(`blocked by Content-Security-Policy (${effectiveDirective}): ${blockedURI}`),
  );
}
