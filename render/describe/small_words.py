"""Words that say nothing about a place by themselves, and words that turn or scale the next one."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SMALL = _words(
    "a an the this that these those it its it's is are was were be been being am i we you he she they me us him "
    "her them my our your his their mine of in on at to from into onto out up down off over under by for with "
    "within along across around round through between among amid against toward towards upon and or nor but as if "
    "then than so while when where which who whom whose what how there here some any each every all both few more "
    "most much many several such only just even also too again once ever always often sometimes now soon later "
    "still already yet about like via per one two three four five six seven eight nine ten first second third "
    "last next other another same own has have had having do does did done can could will would shall should may "
    "might must let make made makes get gets goes go going comes come coming seen see sees seeing look looks "
    "looking feel feels feeling feelings seem seems stand stands standing stood sits sit sitting lies lie lying "
    "rises rise runs run running hangs hang leads lead place places location scene shot view views setting set "
    "environment background foreground middle ground distance side edge end top bottom left right front back near "
    "far behind beyond above below beneath beside outside inside want wants need needs please show shows picture "
    "image photo film camera establishing interior exterior int ext est day continuous moments very little bit "
    "lot kind sort type style mood atmosphere light lights lighting full half whole part time hour hours moment "
    "during after before until since early late mid thing things something everything nothing someone somewhere "
    "everywhere sky air big small large huge tiny vast great long short wide open good nice beautiful lovely "
    "pretty stunning gorgeous wonderful amazing real realistic cinematic photorealistic s t re ve ll d m o not no"
)

INTENSIFIERS = _words(
    "very really extremely incredibly heavy heavily dense densely thick thickly deep deeply strong strongly "
    "intense intensely so super utterly totally completely highly severe severely fierce fiercely raging massive "
    "huge vast great immense hard terribly awfully exceptionally truly lots plenty much full"
)
SOFTENERS = _words(
    "slight slightly bit little somewhat light lightly thin thinly faint faintly soft softly gentle gently mild "
    "mildly sparse sparsely some few patchy partly partially moderate moderately hint touch trace subtle subtly "
    "barely fairly quite rather occasional"
)
NEGATORS = _words(
    "no not without never lacking lacks lack minus sans isn't isnt aren't arent wasn't doesn't don't nor neither "
    "zero devoid hardly excluding except cannot can't"
)
NO_NEGATION = (
    ("not", "only"), ("not", "just"), ("not", "far"), ("nothing", "but"), ("no", "doubt"), ("without", "doubt"),
    ("no", "matter"), ("no", "one"), ("not", "unlike"), ("without", "a", "doubt"), ("no", "less"),
)
"""Where a negator negates nothing that follows."""
JOINERS = frozenset({"or", "and", "nor", "&"})
ENDS_NEGATION = frozenset({"but", "only", "with", "just", "yet", "however", "although", "though", "instead"})

EARLY = frozenset({"early", "beginning"})
LATE = frozenset({"late", "end", "ending"})
MIDDLE = frozenset({"mid", "middle"})

HERE = frozenset({"in", "inside", "within", "at", "across", "through"})
"""What follows is where one stands: "a hut in the forest" is a forest."""
BESIDE = frozenset({
    "with", "by", "beside", "near", "toward", "towards", "below", "beneath", "above", "behind", "beyond",
})
"""What follows is company: "a village with a church" is a village."""
AFAR = frozenset({"overlooking", "facing", "view", "views", "outside", "distant", "faraway", "remembering", "like"})
"""What follows is seen from where one stands."""
AFAR_AFTER = (
    ("in", "the", "distance"), ("in", "the", "background"), ("on", "the", "horizon"), ("far", "away"), ("far", "off"),
    ("outside", "the", "window"), ("through", "the", "window"), ("beyond", "the", "window"), ("at", "the", "back"),
)
"""What stood before this is far away."""
INDOORS = frozenset({"inside", "indoors", "indoor", "interior", "interiors"})
OUTDOORS = frozenset({"outside", "outdoors", "outdoor", "exterior", "exteriors"})
