
// Verdicts on the last answer. They are sent to this server alone, one after the other, and nothing is stored here.
let sending = Promise.resolve();

function open_form(rating, wanted) {
  const form = rating.querySelector('form');
  form.hidden = !wanted;
  rating.querySelector('[value=wrong]').setAttribute('aria-expanded', wanted);
  if (wanted) form.scrollIntoView({ block: 'nearest' });
}

async function refusal(response) {
  try {
    return (await response.json()).error.message;
  } catch {
    return `the server answered ${response.status}`;
  }
}

async function judge(rating, verdict) {
  const said = rating.querySelector('.rating-said');
  const given = new FormData(rating.querySelector('form'));
  const why = verdict === 'wrong' ? { reason: given.get('reason'), correction: given.get('correction').trim() } : {};
  const body = JSON.stringify({ ...JSON.parse(rating.dataset.record), verdict, ...why });
  let problem = '';
  try {
    const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
    const response = await fetch('../v1/feedback', sent);
    if (!response.ok) problem = await refusal(response);
  } catch {
    problem = 'the server cannot be reached';
  }
  if (problem) {
    said.textContent = `Not noted: ${problem}`;
    return false;
  }
  for (const button of rating.querySelectorAll('.verdict'))
    button.setAttribute('aria-pressed', button.value === verdict);
  said.textContent = 'Thank you, noted. You can change it until your next question.';
  return true;
}

function send(rating, verdict) {
  sending = sending.then(() => judge(rating, verdict));
  return sending;
}

element.addEventListener('click', event => {
  const button = event.target.closest('.verdict');
  if (!button) return;
  const rating = button.closest('.rating');
  const noted = button.getAttribute('aria-pressed') === 'true';
  open_form(rating, button.value === 'wrong' && (!noted || rating.querySelector('form').hidden));
  if (!noted) send(rating, button.value);
});

element.addEventListener('submit', async event => {
  event.preventDefault();
  const rating = event.target.closest('.rating');
  if (!(await send(rating, 'wrong')) || !rating.isConnected) return;
  open_form(rating, false);
  rating.querySelector('[value=wrong]').focus();
});
