//! The words that requests are recognised by: phrases between bars; a star stands for any ending.

pub(super) const PLATEAU: &str = "\
    stuck|plateau*|stall*|stagnat*|not progressing|isnt progressing|arent progressing|no progress|\
    any progress anymore|not making progress|not making any progress|stopped progressing|not getting stronger|\
    not moving|isnt moving|arent moving|not going up|isnt going up|wont go up|wont budge|wont move|hit a wall|\
    not improving|isnt improving|not improved|hasnt improved|hasnt moved|havent improved|stopped improving|\
    going nowhere";
pub(super) const NEXT_WEIGHT: &str = "\
    what weight|which weight|weight should|how much weight|how heavy|next weight|working weight|\
    suggest a weight|suggested weight|weight for|weights for|weight to use|weight next|how many kilos|\
    how many pounds|how many kg|how many lbs|what load|which load|next load";
/// With an exercise and the word itself.
pub(super) const FOR_A_WEIGHT: &str = "\
    next|suggest*|recommend*|use|good|right|try|lift";
/// What is not done here.
pub(super) const CHANGES: &str = "\
    delete|remove|undo|change|edit|update|correct|activate|deactivate|rename|fix";
/// With an exercise.
pub(super) const HOW_MUCH: &str = "\
    how much should i|how much do i|how much to|what should i|what do i";
pub(super) const RECOVERY: &str = "\
    burned out|feel burned|feeling burned|exhausted|tired|everything hurts|deload*|run down|rundown|overtrain*|\
    over trained|overreach*|fatigue*|worn out|beat up|beaten up|drained|wiped out|wrecked|not recovering|\
    recover*|so tired|always tired|tired all the time|really tired|constantly tired|sore all the time|\
    always sore|need a deload|need a break|time for a deload|should i deload|no energy|too tired";
pub(super) const VOLUME: &str = "\
    volume|too many sets|enough sets|how many sets|more sets|overdoing|mrv|mev|mav|landmark*|weekly sets|\
    doing too much|doing too little|doing enough|working sets|sets per week|sets a week|sets this week|\
    too little|too much work|training too much";
pub(super) const PROGRESS: &str = "\
    progress*|improv*|getting stronger|gotten stronger|got stronger|get stronger|trend*|gains|developed|\
    developing|coming along|going up|analyze|analyse";
pub(super) const HOW_IS: &str = "\
    hows my|max|maxes|one rep max|1rm|pr|prs|personal best|personal record|how strong|how is my|how are my|\
    how has my|how have my|how did my|how am i doing|hows the|how is the|how well am i";
pub(super) const HISTORY: &str = "\
    history|last time|past sessions|sessions|session|when did i|logs|what did i|did i|have i|records|record|\
    show my|show me my";
pub(super) const WORKOUTS: &str = "\
    my workouts|last workout*|recent workout*|latest workout*|past workouts|previous workout*|my sessions|\
    last session*|recent session*|latest session*|my training|training log|workout log|my log|what did i do|\
    what did i train|what have i done|did i log|have i logged|did i train|workout history|training history|\
    last trainings|list workouts|show workouts";
pub(super) const EXERCISES: &str = "\
    exercise|exercises|excercise*|exersize*|movements|moves|lifts|variations|what can i do for|what can i train|\
    ideas for|options for|how can i train|how do i train|what works";
pub(super) const PHOTO: &str = "\
    photo*|picture*|pic|pics|image*|screenshot*";
pub(super) const HELP: &str = "\
    help|hello|hi|hey|what can you do|who are you|what are you|are you claude|how do i log|how to log|\
    how can i log|good morning|thanks|thank you|commands";
/// Words of a question that are no part of an exercise's name.
pub(super) const NO_NAME: &str = "\
    a|about|added|again|all|am|an|analyse|analyze|and|any|anymore|are|arent|at|be|been|better|budge|by|can|\
    check|coach|coming|along|could|day*|did|do|does|doing|done|exercise|far|feel*|for|from|gains|get|getting|go|\
    going|gotten|had|half|has|hasnt|have|havent|heavy|help|hey|hi|hit|how|hows|i|id|im|improv*|in|is|isnt|it|\
    its|ive|last|lately|like|load*|look*|made|make|making|many|me|month*|move*|moving|much|my|next|no|not|now|\
    nowhere|of|off|on|or|over|past|plateau*|please|pls|progress*|put|rep|reps|seem*|session|set|sets|should|\
    show|since|so|some|stag*|stall*|stopped|stronger|stuck|suggest*|take|tell|that|the|these|this|time|to|today|\
    tomorrow|trend*|up|use|using|wall|was|week*|weight*|well|what|whats|which|with|wont|would|year*|you|your|kg|\
    lb|lbs|pounds|kilos|try|recommend*|working|work|tonight";
