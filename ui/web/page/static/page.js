// The page keeps the conversation, and the server none of it. Each turn stands in #turns until the reader starts anew,
// and is stored for this tab, so that neither a restart of the server nor a reload loses it. With a question the last
// turns are told, and what comes back is that question's turn alone.
const turns = element.querySelector('#turns');
const asked = 'dateline-question';
const named = 'dateline-turn-';
let growing = null; // the id of the turn that the server writes

// A link to `#src-1-1` means this page whatever query its address has, which a <base> would drop.
document.querySelector('base')?.remove();

function parsed(html) {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Change what differs and leave the rest, with its focus and what is selected or open in it.
function update(shown, wanted) {
  if (shown.isEqualNode(wanted)) return;
  if (shown.nodeName !== wanted.nodeName || shown.nodeType !== Node.ELEMENT_NODE) return shown.replaceWith(wanted);
  for (const { name } of [...shown.attributes]) if (!wanted.hasAttribute(name)) shown.removeAttribute(name);
  for (const { name, value } of wanted.attributes) shown.setAttribute(name, value);
  const children = [...wanted.childNodes];
  while (shown.childNodes.length > children.length) shown.lastChild.remove();
  children.forEach((child, i) => (shown.childNodes[i] ? update(shown.childNodes[i], child) : shown.append(child)));
}

function number(turn) {
  return turn ? Number(turn.id.slice('turn-'.length)) : 0;
}

function kept() {
  const names = Object.keys(sessionStorage).filter(name => name.startsWith(named));
  return names.sort((a, b) => a.slice(named.length) - b.slice(named.length));
}

// The browser gives a tab some megabytes: where they are full the oldest turns make room.
function keep(turn, html) {
  const name = named + number(turn);
  for (;;) {
    try {
      return sessionStorage.setItem(name, html);
    } catch {
      const oldest = kept().find(other => other !== name);
      if (!oldest) return;
      sessionStorage.removeItem(oldest);
    }
  }
}

function note(text) {
  const said = document.createElement('p');
  said.className = 'note-to-reader';
  said.textContent = text;
  return said;
}

// End a turn that will not grow any more, as far as it has come.
function close(turn, problem) {
  turn.querySelector('.working')?.remove();
  const said = parsed('<p class="problem"></p>');
  said.textContent = problem;
  turn.querySelector('.reply').append(said, parsed('<button type="button" class="again">Try again</button>'));
  keep(turn, turn.outerHTML);
}

function restore() {
  const names = kept();
  for (const name of names) turns.append(parsed(sessionStorage.getItem(name)));
  const last = turns.lastElementChild;
  turns.querySelectorAll('.turn:not(:last-child) .rating').forEach(rating => rating.remove());
  const first = number(turns.firstElementChild);
  if (first > 1) turns.before(note(`This tab has no room for the first ${first - 1} answers: they are gone.`));
  if (last?.querySelector('.working'))
    close(last, 'The connection to the server was lost before this answer was complete.');
  if (sessionStorage.getItem(asked))
    turns.after(note('The connection to the server was lost. Your question was not taken: it is in the box again.'));
}

function tell(before, written) {
  const answered = before.filter(turn => turn.dataset.turn).slice(-props.remembered);
  growing = `turn-${written}`;
  return {
    number: written,
    turns: answered.map(({ dataset }) => ({
      question: dataset.question, answer: dataset.answer ?? '', short_answer: dataset.short ?? '',
    })),
  };
}

watch('value', () => {
  const wanted = parsed(props.value);
  if (wanted?.id !== growing) return; // it was stopped, or the conversation is another one
  sessionStorage.removeItem(asked);
  element.querySelectorAll('.note-to-reader').forEach(said => said.remove());
  keep(wanted, props.value);
  const shown = document.getElementById(wanted.id);
  if (shown) return update(shown, wanted);
  turns.querySelectorAll('.rating').forEach(rating => rating.remove());
  turns.append(wanted);
  wanted.scrollIntoView({ block: 'start' });
});

element.addEventListener('click', event => {
  if (!event.target.closest('.again')) return;
  document.querySelector('#question textarea').focus();
  trigger('submit');
});

// What the events of the page do here before they go to the server, or instead.
window.dateline = {
  ask(question) {
    sessionStorage.setItem(asked, question);
    return [question, tell([...turns.children], number(turns.lastElementChild) + 1)];
  },
  again() {
    const last = turns.lastElementChild;
    return [last.dataset.question, tell([...turns.children].slice(0, -1), number(last))];
  },
  undated() {
    const last = turns.lastElementChild;
    return [last.dataset.question, tell([...turns.children].slice(0, -1), number(last) + 1)];
  },
  stop() {
    growing = null;
    close(turns.lastElementChild, 'Stopped.');
    return 'Stopped.';
  },
  refused() {
    return 'Your question was not taken: the server is busy or cannot be reached. It is still in the box.';
  },
  clear() {
    growing = null;
    kept().forEach(name => sessionStorage.removeItem(name));
    sessionStorage.removeItem(asked);
    element.querySelectorAll('.note-to-reader').forEach(said => said.remove());
    turns.replaceChildren();
    return ['New conversation', ''];
  },
};

restore();
