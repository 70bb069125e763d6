"""python smallest.py MODEL.onnx IMAGE...: all of a client, of a file that was exported with --embed-resize."""
import json
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession(sys.argv[1])
card = json.loads(session.get_modelmeta().custom_metadata_map["lapidary.card"])
assert card["input"].get("anySize"), "export it with exporter onnx --embed-resize"
for path in sys.argv[2:]:
    pixels = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    logits = session.run(None, {card["input"]["name"]: pixels[None]})[0][0]
    print(path, card["labels"][logits.argmax()])
