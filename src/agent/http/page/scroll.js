// Auto-scroll: follows a growing answer while the user is at its end.

const NEAR = 60;

export function followEnd(scroller, content, button) {
  let active = false;
  let following = false;
  const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };
  const show = () => { button.hidden = following || !active; };

  let before = 0;
  scroller.addEventListener('scroll', () => {
    // Only scrolling up stops following. Distance from the end does not: content may just have grown.
    const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    following = active && (near || (following && scroller.scrollTop >= before));
    before = scroller.scrollTop;
    show();
  }, { passive: true });
  // Text, charts, pictures and the on-screen keyboard all change the height.
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
