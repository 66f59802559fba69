"""The peers of `retort bench distill-step`: TRL's trainers over the token ids they are given, on the loss KL(teacher || student).

gkd           GKDTrainer, never on policy: both models' logits at every position, a row at a time, so that nothing is padded.
distillation  DistillationTrainer, given the completions it would sample: a divergence in chunks from hidden states and heads.

Every turn is one more pass of the trainer over the rows, with the weights and moments that the last one left.
"""
import argparse
import os
import tempfile

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
from trl import DistillationConfig, DistillationTrainer
from trl.experimental.gkd import GKDConfig, GKDTrainer

from worker import read_work, serve


def single(rows):
    (row,) = rows
    ids = torch.tensor([row["input"]])
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": torch.tensor([row["labels"]])}


class GivenCompletions(DistillationTrainer):
    """Takes rows' ids where the trainer tokenises prompts and samples completions."""

    def _generate(self, prompts):
        starts = [row["labels"].count(-100) for row in prompts]
        return (
            [row["input"][:start] for row, start in zip(prompts, starts)],
            [row["input"][start:] for row, start in zip(prompts, starts)],
            None,
            None,
            [],
        )


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("work")
    arguments.add_argument("--mode", choices=["gkd", "distillation"], required=True)
    given = arguments.parse_args()
    work = read_work(given.work)
    torch.set_num_threads(work["threads"])
    student, teacher = (
        AutoModelForCausalLM.from_pretrained(work[which], dtype=torch.float32) for which in ("student", "model")
    )
    student.config.use_cache = teacher.config.use_cache = False
    rows = [{"input": row["input"], "labels": row["labels"]} for step in work["steps"] for row in step]
    rows_a_step = len(work["steps"][0])
    rows_a_pass = 1 if given.mode == "gkd" else rows_a_step
    settings = {
        "output_dir": tempfile.gettempdir(),
        "num_train_epochs": 1,
        "per_device_train_batch_size": rows_a_pass,
        "gradient_accumulation_steps": rows_a_step // rows_a_pass,
        "beta": 0.0,
        "temperature": 1.0,
        "learning_rate": work["learning_rate"],
        "lr_scheduler_type": "constant",
        "optim": "adamw_torch_fused",
        "max_grad_norm": 1.0,
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "train_sampling_strategy": "sequential",
        "dataloader_pin_memory": False,
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }
    models = {
        "model": student,
        "teacher_model": teacher,
        "processing_class": AutoTokenizer.from_pretrained(work["model"]),
    }
    if given.mode == "gkd":
        trainer = GKDTrainer(
            args=GKDConfig(lmbda=0.0, **settings),
            data_collator=single,
            train_dataset=Dataset.from_list(rows),
            **models,
        )
    else:
        trainer = GivenCompletions(
            args=DistillationConfig(shuffle_dataset=False, **settings),
            train_dataset=Dataset.from_list([{"prompt": row} for row in rows]),
            **models,
        )
    # It prints to where the turns are answered.
    trainer.remove_callback(PrinterCallback)
    losses = []
    training_step = trainer.training_step

    def noted(*inputs):
        loss = training_step(*inputs)
        losses.append(loss.item())
        return loss

    trainer.training_step = noted

    def run():
        losses.clear()
        trainer.train()
        passes = rows_a_step // rows_a_pass
        assert len(losses) == passes * len(work["steps"])
        # Each pass gives its share of the step's mean.
        return {"first_loss": sum(losses[:passes]), "mean_loss": sum(losses) / len(work["steps"])}

    serve(run)


main()
