// Following the answer as it grows, but only while the reader is at its end.

const NEAR = 60;

export function followEnd(scroller, content, button) {
  let active = false;
  let following = false;
  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };
  const show = () => { button.hidden = following || !active; };

  let before = 0;
  scroller.addEventListener('scroll', () => {
    // Only going up is the reader's wish to stay there. Being far from the end is not: it may just have moved away.
    const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    following = active && (near || (following && scroller.scrollTop >= before));
    before = scroller.scrollTop;
    show();
  }, { passive: true });
  // Text, charts and pictures all change the height; so does a keyboard that takes half of the screen.
  const observer = new ResizeObserver(() => { if (following) toEnd(); });
  observer.observe(content);
  observer.observe(scroller);
  const follow = () => {
    active = following = true;
    toEnd();
    show();
  };
  button.addEventListener('click', () => {
    follow();
    scroller.focus({ preventScroll: true });
  });
  const toTop = () => {
    active = following = false;
    scroller.scrollTop = 0;
    show();
  };
  return { follow, toTop };
}
