"""Cases of Odoo, OpenUpgrade and Frappe, which are run on the stand-ins of `stubs/`: not with the real ones, which are not on PyPI."""

from __future__ import annotations

HEADS = {
    "odoo": """from odoo import SUPERUSER_ID, api
from odoo.tools import SQL
from odoo.upgrade import util


def migrate(cr, version):
    env = api.Environment(cr, SUPERUSER_ID, {})
    Lead = env["crm.lead"]
""",
    "openupgrade": """from openupgradelib import openupgrade


@openupgrade.migrate()
def migrate(env, version):
    cr = env.cr
""",
    "frappe": """import frappe
from frappe.model.rename_doc import rename_doc
from frappe.model.utils.rename_field import rename_field
from frappe.query_builder import DocType
from frappe.query_builder.functions import Count
from frappe.utils import cint, create_batch


def execute():
""",
}
DEPTH = {"odoo": 4, "openupgrade": 4, "frappe": 4}
TABLES = {"odoo": ("crm_lead", "crm_note"), "openupgrade": ("crm_lead", "crm_note"), "frappe": ("tabLead", "tabNote")}
BODIES = {
    "odoo": [
        "cr.execute('UPDATE crm_lead SET hot = 1')",
        "cr.execute('UPDATE crm_lead SET hot = %s WHERE id IN %s', (1, (1, 2)))",
        "cr.execute(SQL('DELETE FROM crm_note WHERE id = %s', 1))",
        "env['crm.lead'].search([]).write({'hot': 1})",
        "Lead.create({'name': 'x'})",
        "Lead.create([{'name': 'x'}, {'name': 'y'}])",
        "Lead.search([('hot', '=', 0)], limit=1).unlink()",
        "for lead in Lead.search([]):\n    lead.hot = lead.score",
        "for lead in Lead.search([]):\n    lead['hot'] = 1",
        "Lead.browse(1).copy({'name': 'z'})",
        "env.ref('base.main_lead').write({'hot': 1})",
        "env.ref('base.main_lead').hot = 4",
        "Lead.search([]).mapped('note_ids').unlink()",
        "Lead.browse(1).note_ids.write({'text': 'n'})",
        "Lead.search([]).filtered(lambda one: one.score > 1).update({'hot': 1})",
        "(Lead.browse(1) | Lead.browse(2)).write({'hot': 1})",
        "ids = Lead.search([]).ids\nfor chunk in util.chunks(ids, 2):\n    Lead.browse(chunk).write({'hot': 1})",
        "util.parallel_execute(cr, ['UPDATE crm_lead SET hot = 1', 'DELETE FROM crm_note'])",
        "util.explode_execute(cr, 'UPDATE crm_lead SET hot = 1 WHERE {parallel_filter}', table='crm_lead')",
        "util.env(cr)['crm.lead'].browse(1).write({'hot': 1})",
        "cr.execute('SELECT id FROM crm_lead')\nfor (one,) in cr.fetchall():\n    cr.execute('UPDATE crm_lead SET hot = 1 WHERE id = %s', (one,))",
        "cr.execute('SELECT id, score FROM crm_lead')\ncr.executemany('UPDATE crm_lead SET hot = %s WHERE id = %s', [(s, i) for i, s in cr.fetchall()])",
        "if util.column_exists(cr, 'crm_lead', 'hot'):\n    cr.execute('UPDATE crm_lead SET hot = 2')",
        "with cr.savepoint():\n    env.cr.execute('DELETE FROM crm_note')",
        "getattr(Lead.browse(1), 'write')({'hot': 1})",
        "setattr(Lead.browse(1), 'hot', 1)",
        "env.cr.execute(f'UPDATE {Lead._table} SET hot = 1')",
        "notes = Lead.browse(1).note_ids\nnotes.lead_id.hot = 3",
        # what changes no rows
        "cr.execute('SELECT id FROM crm_lead')\nprint(cr.fetchall())",
        "print(Lead.search([('hot', '=', 0)]).mapped('name'))",
        "print(Lead.search_count([]), Lead.search_read([], ['name']))",
        "print(Lead.browse(1).read(['name']), Lead.browse(1).exists())",
        "cr.execute('ALTER TABLE crm_lead ADD COLUMN extra int')",
        "if not util.column_exists(cr, 'crm_lead', 'extra'):\n    util.create_column(cr, 'crm_lead', 'extra', 'int')",
        "util.remove_column(cr, 'crm_lead', 'score')",
        "print([lead.name for lead in Lead.search([]).sorted('name')])",
        "print(Lead.search([]).filtered('hot').ids)",
        "lead = Lead.new({'name': 'x'})\nprint(lead.name)",
        "print(env.ref('base.none', raise_if_not_found=False))",
        "lead = Lead.browse(1)\nhot = lead.hot\nhot = 1\nprint(hot, lead['name'])",
        "cr.execute('CREATE INDEX i ON crm_lead (hot)')",
        "print('crm.lead' in env, len(Lead.search([])))",
        "Lead.flush_model()\nenv.invalidate_all()",
        "values = {}\nfor lead in Lead.search([]):\n    values[lead.id] = lead.name\nvalues.update({1: 'x'})\nprint(values)",
    ],
    "openupgrade": [
        "openupgrade.logged_query(cr, 'UPDATE crm_lead SET hot = 1')",
        "openupgrade.logged_query(cr, 'DELETE FROM crm_note WHERE id = %s', (1,))",
        "openupgrade.logged_query(env.cr, f\"UPDATE {'crm_lead'} SET hot = score\")",
        "openupgrade.map_values(cr, 'score', 'hot', [(1, 5), (2, 6)], table='crm_lead')",
        "openupgrade.copy_columns(cr, {'crm_lead': [('hot', 'hot_old', 'integer')]})",
        "env['crm.lead'].search([]).write({'hot': 1})",
        "for notes in openupgrade.chunked(env['crm.note'].search([])):\n    notes.text = 'n'",
        "if openupgrade.column_exists(cr, 'crm_lead', 'hot'):\n    openupgrade.logged_query(cr, 'UPDATE crm_lead SET hot = 2')",
        "fill(env)\n\n\ndef fill(env):\n    openupgrade.logged_query(env.cr, 'INSERT INTO crm_note (text) SELECT name FROM crm_lead')",
        "openupgrade.delete_records_safely_by_xml_id(env, ['base.main_lead'])",
        "openupgrade.safe_unlink(env['crm.lead'].browse(1))",
        "openupgrade.logged_query(cr, query='UPDATE crm_note SET text = %(text)s', args={'text': 'x'})",
        "column = openupgrade.get_legacy_name('hot')\nopenupgrade.rename_columns(cr, {'crm_lead': [('hot', None)]})\nopenupgrade.logged_query(cr, f'UPDATE crm_lead SET score = {column}')",
        # what changes no rows
        "openupgrade.rename_columns(cr, {'crm_lead': [('hot', 'hot_old')]})",
        "openupgrade.drop_columns(cr, [('crm_lead', 'score')])",
        "print(openupgrade.column_exists(cr, 'crm_lead', 'hot'), openupgrade.table_exists(cr, 'crm_lead'))",
        "print(openupgrade.get_legacy_name('hot'))",
        "openupgrade.logged_query(cr, 'SELECT id FROM crm_lead')\nprint(cr.fetchall())",
        "openupgrade.logged_query(cr, 'ALTER TABLE crm_lead ADD extra int')",
        "if not openupgrade.table_exists(cr, 'extra'):\n    cr.execute('CREATE TABLE extra (id int)')",
        "print([lead.name for lead in openupgrade.chunked(env['crm.lead'].search([]))])",
        "openupgrade.lift_constraints(cr, 'crm_note', 'lead_id')",
        "openupgrade.rename_tables(cr, [])",
        "print(env['crm.lead'].search_count([]), env['crm.lead'].browse(1).exists())",
        "for lead in env['crm.lead'].search([('hot', '=', 0)]):\n    print(lead.name, lead.note_ids.mapped('text'))",
        "openupgrade.logged_query(cr, 'DROP TABLE IF EXISTS extra')",
    ],
    "frappe": [
        "frappe.db.sql('UPDATE `tabLead` SET hot = 1')",
        "frappe.db.sql('''DELETE FROM `tabNote` WHERE name IN %s''', (('n1', 'n2'),))",
        "frappe.db.set_value('Lead', 'a', 'hot', 1)",
        "frappe.db.set_value('Lead', {'hot': 0}, {'hot': 1, 'score': 2})",
        "for name in frappe.get_all('Lead', pluck='name'):\n    frappe.db.set_value('Lead', name, 'hot', 1, update_modified=False)",
        "frappe.db.delete('Note', {'lead_id': 'a'})",
        "frappe.db.bulk_update('Lead', {'a': {'hot': 1}, 'b': {'hot': 2}})",
        "frappe.db.bulk_insert('Note', ['name', 'text'], [('n9', 'x')])",
        "doc = frappe.get_doc('Lead', 'a')\ndoc.hot = 1\ndoc.save()",
        "doc = frappe.get_doc('Lead', 'a')\ndoc.db_set('hot', 5)",
        "frappe.get_doc({'doctype': 'Note', 'name': 'n8', 'text': 'x'}).insert(ignore_permissions=True)",
        "doc = frappe.new_doc('Note')\ndoc.name = 'n7'\ndoc.save()",
        "frappe.get_doc('Note', 'n1').delete()",
        "frappe.delete_doc('Note', 'n1', force=True)",
        "rename_doc('Lead', 'a', 'z', force=True)",
        "rename_field('Lead', 'score', 'hot')",
        "lead = DocType('Lead')\nfrappe.qb.update(lead).set(lead.hot, 1).where(lead.hot == 0).run()",
        "lead = frappe.qb.DocType('Lead')\nfrappe.qb.from_(lead).delete().where(lead.name == 'a').run()",
        "frappe.qb.into('Note').columns('name', 'text').insert('n6', 'x').run()",
        "for batch in create_batch(frappe.get_all('Lead', pluck='name'), 2):\n    frappe.db.sql('UPDATE `tabLead` SET hot = 1 WHERE name IN %s', (batch,))\n    frappe.db.commit()",
        "for note in frappe.get_doc('Lead', 'a').notes:\n    note.db_set('text', 'n')",
        "frappe.db.truncate('Note')",
        "frappe.db.multisql({'mariadb': 'UPDATE `tabLead` SET hot = 1', 'postgres': 'SELECT 1'})",
        "if frappe.db.has_column('Lead', 'hot'):\n    fill()\n\n\ndef fill():\n    frappe.db.sql('UPDATE `tabLead` SET hot = 3')",
        # what changes no rows
        "frappe.reload_doc('crm', 'doctype', 'lead')",
        "print(frappe.db.get_value('Lead', 'a', 'hot'), frappe.db.count('Lead'))",
        "print(frappe.db.sql('SELECT name FROM `tabLead`', as_dict=True))",
        "print(frappe.get_all('Lead', filters={'hot': 0}, pluck='name'))",
        "doc = frappe.get_doc('Lead', 'a')\ndoc.hot = 1\nprint(doc.as_dict())",
        "if frappe.db.exists('Lead', 'a') and not frappe.db.table_exists('Extra'):\n    frappe.clear_cache()",
        "frappe.db.add_index('Lead', ['hot'], 'i')",
        "frappe.db.sql_ddl('ALTER TABLE `tabLead` ADD extra INT')",
        "lead = DocType('Lead')\nprint(frappe.qb.from_(lead).select(lead.name).where(lead.hot == 0).run(as_dict=True))",
        "lead = DocType('Lead')\nprint(frappe.qb.from_(lead).select(Count('*')).run())",
        "lead = DocType('Lead')\nprint(frappe.qb.update(lead).set(lead.hot, 1).get_sql())",
        "doc = frappe.new_doc('Note')\ndoc.text = 'x'\nprint(doc.is_new())",
        "print(frappe.db.get_values('Lead', {'hot': 0}, 'name'), cint('1'))",
        "note = frappe.get_doc('Lead', 'a').notes[0]\nnote.text = 'x'\nprint(note.text)",
        "values = {}\nfor one in frappe.get_all('Lead'):\n    values[one.name] = one.hot\nvalues.update({'a': 1})",
        "print(frappe.db.get_single_value('Settings', 'a'), frappe.scrub('Sales Order'))",
    ],
}
