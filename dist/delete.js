import{end as i}from"./index.js";await i();
