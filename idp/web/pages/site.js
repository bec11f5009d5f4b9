// Comfort only: every page works without it. Adds a button that shows the password, and keeps a form from being sent twice.

for (const field of document.querySelectorAll('input[type="password"]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'reveal';
  button.setAttribute('aria-controls', field.id);
  const label = isShown => {
    button.textContent = isShown ? 'Hide' : 'Show';
    button.setAttribute('aria-label', isShown ? 'Hide password' : 'Show password');
  };
  label(false);
  button.addEventListener('click', () => {
    const isShown = field.type === 'password';
    field.type = isShown ? 'text' : 'password';
    label(isShown);
  });
  field.parentElement?.append(button);
  // Browsers and password managers should never see the field as plain text when it is sent.
  field.form?.addEventListener('submit', () => {
    field.type = 'password';
  });
}

for (const form of document.querySelectorAll('form')) {
  form.addEventListener('submit', event => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = 'true';
  });
}

// A page that comes back by the Back button may be sent again.
addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('form')) delete form.dataset.sent;
});
