//! What the stand-in can do, in words.

use crate::dev::stand_in::told::{Page, Words, words};

const REQUESTS: Words = words!(
    "I understand these requests:\n\
     \n- progress: \"How's my bench press progress over the last two months?\"\
     \n- the next weight: \"What weight should I use for squats today?\"\
     \n- a plateau: \"I feel stuck on overhead press\"\
     \n- a plan: \"Create me a four-day upper/lower split\"\
     \n- volume: \"Am I doing too much volume for chest?\"\
     \n- recovery: \"I'm feeling burned out\"\
     \n- logging: \"log bench three sets of five at\" your weight, with lb or kg\
     \n- exercises: \"What exercises do I have for chest?\"\
     \n- what is logged: \"Show my last workouts\", \"Show my deadlift history\""
);

pub(super) fn help(page: &mut Page) {
    page.say(REQUESTS);
}

pub(super) fn unknown(page: &mut Page) {
    page.say(words!(
        "I did not understand that; it takes Claude for free conversation. "
    ))
    .say(REQUESTS);
}

pub(super) fn photo(page: &mut Page) {
    page.say(words!("I cannot see photos; it takes Claude for that. "))
        .say(REQUESTS);
}
