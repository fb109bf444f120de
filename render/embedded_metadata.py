"""What a picture file says about itself to other programs: an XMP packet, for PNG and WebP alike.

The digest stands as xmpMM ids, which survive more re-saves than any field of ours; the sidecar is the truth.
Sources: XMP specification part 1 (ISO 16684-1); IPTC digital source types, cv.iptc.org/newscodes/digitalsourcetype.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

XMP_KEY = "XML:com.adobe.xmp"
_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCES = {"procedural": "algorithmicMedia", "diffusion": "trainedAlgorithmicMedia"}

_PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:cyclorama="urn:cyclorama:1"
 xmp:CreatorTool={tool}
 xmpMM:DocumentID={document}
 xmpMM:OriginalDocumentID={document}
 xmpMM:InstanceID={instance}
 Iptc4xmpExt:DigitalSourceType={source}>
<cyclorama:about>{about}</cyclorama:about>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def xmp(about: Mapping[str, Any], instance: str = "") -> bytes:
    """The packet.

    Args:
        about: JSON-ready; its `digest` and `engine` ("name/version") are told in standard fields too.
        instance: what tells this file from others of the same picture, such as "thumb_256".
    """
    engine = str(about.get("engine", ""))
    document = f"cyclorama:{about.get('digest', '')}"
    source = _SOURCES.get(engine.partition("/")[0], "trainedAlgorithmicMedia")
    text = _PACKET.format(
        tool=quoteattr(f"Cyclorama {engine}".strip()), document=quoteattr(document),
        instance=quoteattr(f"{document}:{instance}" if instance else document), source=quoteattr(_SOURCE + source),
        about=escape(json.dumps(about, sort_keys=True, ensure_ascii=False)),
    )
    return text.encode()
